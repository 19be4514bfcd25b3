/*
 * merge.h - several descriptions of a service to one.
 */
#ifndef IMAGE_COMPOSE_MERGE_H
#define IMAGE_COMPOSE_MERGE_H

#include "image/compose/node.h"

/*
 * A service with one form for each key that has several: `environment` and build.args are maps,
 * `build`, `depends_on`, `networks` and `extra_hosts` too, and `env_file` and `tmpfs` lists. A new
 * node.
 */
struct node *merge_normalize(struct node_pool *pool, const struct node *service);

/*
 * What `over` makes of `under`, by the rules of compose: maps are merged, lists appended, commands
 * and plain values replaced; !reset and !override. Changes neither. NULL: nothing is left.
 */
struct node *merge_nodes(struct node_pool *pool, const char *key, struct node *under,
			 struct node *over);

#endif
