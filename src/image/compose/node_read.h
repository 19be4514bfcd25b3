/*
 * node_read.h - from the text of a compose file to a tree.
 */
#ifndef IMAGE_COMPOSE_NODE_READ_H
#define IMAGE_COMPOSE_NODE_READ_H

#include "image/compose/node.h"

/*
 * Parses the only document of a file, a mapping. Aliases and merge keys (<<) are resolved; a key that
 * is there twice, an alias within what it stands for, and too much of anything are errors: file and
 * line are in them. file and dir must outlive the pool. EBADMSG.
 */
int node_read(struct node_pool *pool, const char *text, size_t len, const char *file,
	      const char *dir, struct node **ret, struct err *e);

#endif
