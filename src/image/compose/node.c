/*
 * node.c - see node.h.
 */
#include "image/compose/node.h"

#include <errno.h>
#include <stdlib.h>

#include "base/cleanup.h"

void node_pool_clear(struct node_pool *pool)
{
	for (size_t i = 0; i < pool->n; i++) {
		free(pool->v[i]->text);
		free(pool->v[i]->v);
		strv_clear(&pool->v[i]->names);
		free(pool->v[i]);
	}
	free(pool->v);
	strv_clear(&pool->texts);
	*pool = (struct node_pool){0};
}

struct node *node_new(struct node_pool *pool, enum node_kind kind, const struct node *at)
{
	struct node *n;

	if (pool->n >= NODES_MAX) {
		pool->full = true;
		pool->none = (struct node){.file = at->file, .dir = at->dir, .line = at->line};
		return &pool->none;
	}
	n = xcalloc(1, sizeof(*n));
	*n = (struct node){.kind = kind, .file = at->file, .dir = at->dir, .line = at->line};
	if (!(pool->n & (pool->n + 1)))
		pool->v = xrealloc(pool->v, 2 * (pool->n + 1), sizeof(struct node *));
	pool->v[pool->n++] = n;
	return n;
}

struct node *node_new_text(struct node_pool *pool, const char *text, const struct node *at)
{
	struct node *n = node_new(pool, NODE_TEXT, at);

	if (n == &pool->none)
		return n;
	n->text = xstrdup(text);
	for (size_t i = 0; i < at->names.n; i++)
		strv_push(&n->names, at->names.v[i]);
	return n;
}

struct node *node_copy(struct node_pool *pool, const struct node *from)
{
	struct node *n = from->kind == NODE_TEXT ? node_new_text(pool, from->text, from)
						 : node_new(pool, from->kind, from);

	if (n == &pool->none)
		return n;
	n->tag = from->tag;
	for (size_t i = 0; i < from->n; i++)
		if (from->kind == NODE_MAP)
			node_set(pool, n, from->v[i].key, from->v[i].value);
		else
			node_push(pool, n, from->v[i].value);
	return n;
}

const char *node_keep(struct node_pool *pool, const char *text)
{
	strv_push(&pool->texts, text);
	return pool->texts.v[pool->texts.n - 1];
}

struct node *node_get(const struct node *map, const char *key)
{
	for (size_t i = 0; map && map->kind == NODE_MAP && i < map->n; i++)
		if (streq(map->v[i].key, key))
			return map->v[i].value;
	return NULL;
}

static void append(struct node_pool *pool, struct node *to, const char *key, struct node *value)
{
	if (to == &pool->none)
		return;
	if (!(to->n & (to->n + 1)))
		to->v = xrealloc(to->v, 2 * (to->n + 1), sizeof(*to->v));
	to->v[to->n++] = (struct node_member){.key = key, .value = value};
}

void node_set(struct node_pool *pool, struct node *map, const char *key, struct node *value)
{
	for (size_t i = 0; i < map->n; i++)
		if (streq(map->v[i].key, key)) {
			map->v[i].value = value;
			return;
		}
	append(pool, map, key, value);
}

void node_push(struct node_pool *pool, struct node *list, struct node *value)
{
	append(pool, list, NULL, value);
}

const char *node_text(const struct node *map, const char *key)
{
	const struct node *n = node_get(map, key);

	return n && n->kind == NODE_TEXT ? n->text : NULL;
}

int node_bad(const struct node *at, struct err *e, const char *fmt, ...)
{
	cleanup_free char *text = NULL;
	va_list ap;

	va_start(ap, fmt);
	text = xvasprintf(fmt, ap);
	va_end(ap);
	return err_set(e, EBADMSG, "%s:%u: %s", at->file, at->line, text);
}
