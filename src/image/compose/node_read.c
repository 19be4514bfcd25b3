/*
 * node_read.c - see node_read.h.
 *
 * An alias becomes the node that it stands for, so a text whose aliases multiply costs no more than
 * it is long.
 */
#include "image/compose/node_read.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "image/document/yaml_read.h"

#define DEPTH_MAX 64
#define TEXT_MAX  (64u << 10) /* bytes of one text */

struct reading {
	struct node_pool *pool;
	struct yaml_reader *yaml;
	struct node at;	    /* file and dir of new nodes */
	struct node **made; /* by the number of the document's node */
	bool *open;	    /* its members are being read */
	struct err *e;
};

static int convert(struct reading *rd, int index, unsigned int depth, struct node **ret);

static bool is_null(const yaml_node_t *y)
{
	const char *text = (const char *)y->data.scalar.value;

	return y->data.scalar.style == YAML_PLAIN_SCALAR_STYLE &&
	       (!*text || streq(text, "~") || streq(text, "null") || streq(text, "Null") ||
		streq(text, "NULL"));
}

/* The text of a scalar; NULL: it cannot be one. */
static const char *read_text(struct reading *rd, const yaml_node_t *y)
{
	const char *text = (const char *)y->data.scalar.value;

	if (y->data.scalar.length > TEXT_MAX)
		node_bad(&rd->at, rd->e, "a text is longer than %u bytes", TEXT_MAX);
	else if (strlen(text) < y->data.scalar.length)
		node_bad(&rd->at, rd->e, "there is a zero byte in a text");
	else
		return text;
	return NULL;
}

/* What `<<` stands for: a map, or a list of maps of which the first one counts. */
static int merge_key(struct reading *rd, const struct node *from, struct node *into)
{
	if (from->kind == NODE_LIST) {
		for (size_t i = 0; i < from->n; i++)
			if (from->v[i].value->kind == NODE_LIST ||
			    merge_key(rd, from->v[i].value, into) < 0)
				return node_bad(from, rd->e, "'<<' expects mappings");
		return 0;
	}
	if (from->kind == NODE_NULL)
		return 0;
	if (from->kind != NODE_MAP)
		return node_bad(from, rd->e, "'<<' expects a mapping");
	for (size_t i = 0; i < from->n; i++)
		if (!node_get(into, from->v[i].key))
			node_set(rd->pool, into, from->v[i].key, from->v[i].value);
	return 0;
}

static int convert_pair(struct reading *rd, const yaml_node_pair_t *p, unsigned int depth,
			struct node *map, struct node *merged)
{
	const yaml_node_t *name = yaml_document_get_node(&rd->yaml->doc, p->key);
	struct node *value = NULL;
	const char *key;

	rd->at.line = (unsigned int)yaml_line(name);
	if (name->type != YAML_SCALAR_NODE)
		return node_bad(&rd->at, rd->e, "a key is not a text");
	key = read_text(rd, name);
	if (!key)
		return -rd->e->code;
	if (node_get(map, key))
		return node_bad(&rd->at, rd->e,
				"the key '%s' is there a second time: first in line %u", key,
				node_get(map, key)->line);
	if (convert(rd, p->value, depth + 1, &value) < 0)
		return -rd->e->code;
	if (streq(key, "<<"))
		return merge_key(rd, value, merged);
	node_set(rd->pool, map, node_keep(rd->pool, key), value);
	return 0;
}

static int convert_map(struct reading *rd, const yaml_node_t *y, unsigned int depth,
		       struct node *map)
{
	struct node *merged = node_new(rd->pool, NODE_MAP, map);

	for (yaml_node_pair_t *p = y->data.mapping.pairs.start; p < y->data.mapping.pairs.top; p++)
		if (convert_pair(rd, p, depth, map, merged) < 0)
			return -rd->e->code;
	/* Its own keys come first, wherever `<<` stands. */
	return merge_key(rd, merged, map);
}

static int convert_list(struct reading *rd, const yaml_node_t *y, unsigned int depth,
			struct node *list)
{
	for (yaml_node_item_t *i = y->data.sequence.items.start; i < y->data.sequence.items.top;
	     i++) {
		struct node *value = NULL;

		if (convert(rd, *i, depth + 1, &value) < 0)
			return -rd->e->code;
		node_push(rd->pool, list, value);
	}
	return 0;
}

static int convert_text(struct reading *rd, const yaml_node_t *y, struct node *to)
{
	const char *text = read_text(rd, y);

	if (!text)
		return -rd->e->code;
	if (to == &rd->pool->none)
		return 0;
	to->text = xstrdup(text);
	to->plain = y->data.scalar.style == YAML_PLAIN_SCALAR_STYLE && !strchr(text, '$');
	return 0;
}

static int fill(struct reading *rd, const yaml_node_t *y, unsigned int depth, struct node *to)
{
	if (y->type == YAML_MAPPING_NODE)
		return convert_map(rd, y, depth, to);
	if (y->type == YAML_SEQUENCE_NODE)
		return convert_list(rd, y, depth, to);
	return to->kind == NODE_TEXT ? convert_text(rd, y, to) : 0;
}

static int convert(struct reading *rd, int index, unsigned int depth, struct node **ret)
{
	const yaml_node_t *y = yaml_document_get_node(&rd->yaml->doc, index);
	const char *tag = y->tag ? (const char *)y->tag : "";
	struct node *n;

	rd->at.line = (unsigned int)yaml_line(y);
	if (rd->open[index])
		return node_bad(&rd->at, rd->e, "an alias is within what it stands for");
	if (depth > DEPTH_MAX)
		return node_bad(&rd->at, rd->e, "it is nested deeper than %d", DEPTH_MAX);
	if (!rd->made[index]) {
		n = node_new(rd->pool,
			     y->type == YAML_MAPPING_NODE    ? NODE_MAP
			     : y->type == YAML_SEQUENCE_NODE ? NODE_LIST
			     : is_null(y)		     ? NODE_NULL
							     : NODE_TEXT,
			     &rd->at);
		if (rd->pool->full)
			return node_bad(&rd->at, rd->e, "there is too much in it");
		n->tag = streq(tag, "!reset")	   ? NODE_RESET
			 : streq(tag, "!override") ? NODE_OVERRIDE
						   : NODE_PLAIN;
		rd->open[index] = true;
		if (fill(rd, y, depth, n) < 0)
			return -rd->e->code;
		rd->open[index] = false;
		rd->made[index] = n;
	}
	*ret = rd->made[index];
	return 0;
}

int node_read(struct node_pool *pool, const char *text, size_t len, const char *file,
	      const char *dir, struct node **ret, struct err *e)
{
	struct yaml_reader yaml;
	cleanup_free struct node **made = NULL;
	cleanup_free bool *open = NULL;
	struct reading rd = {.pool = pool, .yaml = &yaml, .at = {.file = file, .dir = dir}, .e = e};
	const yaml_node_t *root;
	struct node *n = NULL;
	size_t count;
	int r = yaml_read(text, len, file, &yaml, e);

	if (r < 0)
		return r;
	root = yaml_document_get_root_node(&yaml.doc);
	count = (size_t)(yaml.doc.nodes.top - yaml.doc.nodes.start) + 1;
	rd.made = made = xcalloc(count, sizeof(struct node *));
	rd.open = open = xcalloc(count, sizeof(*open));
	r = convert(&rd, (int)(root - yaml.doc.nodes.start) + 1, 0, &n);
	if (r == 0 && n->kind != NODE_MAP)
		r = node_bad(n, e, "a compose file is a mapping, with 'services'");
	yaml_read_end(&yaml);
	if (r == 0)
		*ret = n;
	return r;
}
