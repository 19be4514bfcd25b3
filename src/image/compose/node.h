/*
 * node.h - a compose file as a tree, each part with the place where it was written.
 *
 * Nodes belong to a pool, and are shared: an alias of YAML, or a service that extends another, is
 * the same node in several places. Whoever changes one copies it first.
 */
#ifndef IMAGE_COMPOSE_NODE_H
#define IMAGE_COMPOSE_NODE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "base/mem.h"

#define NODES_MAX 10000

enum node_kind { NODE_NULL, NODE_TEXT, NODE_LIST, NODE_MAP };

struct node_member {
	const char *key; /* of a map */
	struct node *value;
};

struct node {
	enum node_kind kind;
	enum { NODE_PLAIN, NODE_RESET, NODE_OVERRIDE } tag; /* !reset, !override */
	const char *file;				    /* where it was written */
	const char *dir;				    /* what paths in it are relative to */
	unsigned int line;
	char *text;	       /* of a text; owned */
	bool plain;	       /* written without quotes and variables: it may be a number */
	struct strv names;     /* variables of the host whose values are in it */
	struct node_member *v; /* of a list or map; owned */
	size_t n;
};

/* Owns nodes and strings. */
struct node_pool {
	struct node **v;
	size_t n;
	struct strv texts;
	struct node none; /* stands for what no longer fits */
	bool full;
};

void node_pool_clear(struct node_pool *pool);
#define cleanup_node_pool __attribute__((cleanup(node_pool_clear)))

/*
 * A new node, written where `at` was. Never NULL: once there are NODES_MAX, pool->full is set, and
 * all that is built from then on is worthless.
 */
struct node *node_new(struct node_pool *pool, enum node_kind kind, const struct node *at);
struct node *node_new_text(struct node_pool *pool, const char *text, const struct node *at);

/* A copy of the node itself, with the same members. */
struct node *node_copy(struct node_pool *pool, const struct node *from);

/* A string that lives as long as the pool. */
const char *node_keep(struct node_pool *pool, const char *text);

/* The value of a key, or NULL, also of no map and of NULL. */
struct node *node_get(const struct node *map, const char *key);

/* Sets a key, in its place if it exists. Not for a node that is shared. */
void node_set(struct node_pool *pool, struct node *map, const char *key, struct node *value);
void node_push(struct node_pool *pool, struct node *list, struct node *value);

/* The text of a key that has one, or NULL. */
const char *node_text(const struct node *map, const char *key);

/* "FILE:LINE: message" */
int node_bad(const struct node *at, struct err *e, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

#endif
