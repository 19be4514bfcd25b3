/*
 * merge.c - see merge.h; compose-spec, "Merge and override".
 */
#include "image/compose/merge.h"

#include <string.h>

#include "base/cleanup.h"

#define VOLUMES_MAX 1000 /* of a service; more than anybody has are left as they are */

/* NAME=value, NAME: a variable without a value is the host's. */
static struct node *map_of_variables(struct node_pool *pool, struct node *list)
{
	struct node *map;

	if (!list || list->kind != NODE_LIST)
		return list;
	map = node_new(pool, NODE_MAP, list);
	map->tag = list->tag;
	for (size_t i = 0; i < list->n; i++) {
		const struct node *item = list->v[i].value;
		const char *equals = item->text ? strchr(item->text, '=') : NULL;
		cleanup_free char *name = NULL;

		if (!item->text)
			continue;
		name = equals ? xstrndup(item->text, (size_t)(equals - item->text))
			      : xstrdup(item->text);
		node_set(pool, map, node_keep(pool, name),
			 equals ? node_new_text(pool, equals + 1, item)
				: node_new(pool, NODE_NULL, item));
	}
	return map;
}

/* NAME:ADDRESS or NAME=ADDRESS. */
static struct node *map_of_hosts(struct node_pool *pool, struct node *list)
{
	struct node *map;

	if (!list || list->kind != NODE_LIST)
		return list;
	map = node_new(pool, NODE_MAP, list);
	map->tag = list->tag;
	for (size_t i = 0; i < list->n; i++) {
		const struct node *item = list->v[i].value;
		size_t n = item->text ? strcspn(item->text, ":=") : 0;
		cleanup_free char *name = n ? xstrndup(item->text, n) : NULL;

		if (name)
			node_set(pool, map, node_keep(pool, name),
				 node_new_text(pool, item->text + n + (item->text[n] != '\0'),
					       item));
	}
	return map;
}

/* A list of names to a map with nothing about each. */
static struct node *map_of_names(struct node_pool *pool, struct node *list)
{
	struct node *map;

	if (!list || list->kind != NODE_LIST)
		return list;
	map = node_new(pool, NODE_MAP, list);
	map->tag = list->tag;
	for (size_t i = 0; i < list->n; i++)
		if (list->v[i].value->text)
			node_set(pool, map, list->v[i].value->text,
				 node_new(pool, NODE_NULL, list->v[i].value));
	return map;
}

/* Where one of `volumes` is in the container, without slashes at the end; or NULL. */
static char *target_of(const struct node *n)
{
	const char *text = n->text ? n->text : node_text(n, "target"), *colon;
	size_t len;

	text = text ? text : node_text(n, "dst");
	text = text ? text : node_text(n, "destination");
	if (!text)
		return NULL;
	colon = n->text ? strchr(text, ':') : NULL;
	text = colon ? colon + 1 : text;
	len = n->text ? strcspn(text, ":") : strlen(text);
	while (len > 1 && text[len - 1] == '/')
		len--;
	return xstrndup(text, len);
}

/* Of two volumes at one target the last counts, at the place of the first: a mount may be in another. */
static struct node *list_of_volumes(struct node_pool *pool, struct node *list)
{
	cleanup_strv struct strv targets = {0};
	cleanup_free size_t *last = NULL;
	struct node *made;

	if (!list || list->kind != NODE_LIST || list->n > VOLUMES_MAX)
		return list;
	last = xcalloc(list->n + 1, sizeof(*last));
	made = node_new(pool, NODE_LIST, list);
	made->tag = list->tag;
	for (size_t i = 0; i < list->n; i++) {
		cleanup_free char *target = target_of(list->v[i].value);
		size_t k = 0;

		while (k < targets.n && !(target && streq(targets.v[k], target)))
			k++;
		if (k == targets.n)
			strv_push(&targets, target ? target : "");
		last[k] = i;
	}
	for (size_t k = 0; k < targets.n; k++)
		node_push(pool, made, list->v[last[k]].value);
	return made;
}

static struct node *list_of(struct node_pool *pool, struct node *value)
{
	struct node *list;

	if (!value || value->kind == NODE_LIST || value->kind == NODE_NULL)
		return value;
	list = node_new(pool, NODE_LIST, value);
	node_push(pool, list, value);
	return list;
}

static struct node *build_of(struct node_pool *pool, struct node *build)
{
	static const char *const maps[] = {"args", "additional_contexts"};
	struct node *map;

	if (build->kind != NODE_TEXT && build->kind != NODE_MAP)
		return build;
	map = build->kind == NODE_TEXT ? node_new(pool, NODE_MAP, build) : node_copy(pool, build);
	if (build->kind == NODE_TEXT)
		node_set(pool, map, "context", build);
	for (size_t i = 0; i < ARRAY_SIZE(maps); i++)
		if (node_get(map, maps[i]))
			node_set(pool, map, maps[i],
				 map_of_variables(pool, node_get(map, maps[i])));
	return map;
}

struct node *merge_normalize(struct node_pool *pool, const struct node *service)
{
	static const struct {
		const char *key;
		struct node *(*to)(struct node_pool *pool, struct node *value);
	} forms[] = {{"environment", map_of_variables},
		     {"build", build_of},
		     {"depends_on", map_of_names},
		     {"networks", map_of_names},
		     {"extra_hosts", map_of_hosts},
		     {"volumes", list_of_volumes},
		     {"env_file", list_of},
		     {"tmpfs", list_of}};
	struct node *made = node_copy(pool, service);

	for (size_t i = 0; i < ARRAY_SIZE(forms); i++) {
		struct node *value = node_get(made, forms[i].key);

		if (value)
			node_set(pool, made, forms[i].key, forms[i].to(pool, value));
	}
	return made;
}

static struct node *merge_maps(struct node_pool *pool, const struct node *under,
			       const struct node *over)
{
	struct node *map = node_new(pool, NODE_MAP, over);

	for (size_t i = 0; i < under->n; i++) {
		const char *key = under->v[i].key;
		struct node *value = merge_nodes(pool, key, under->v[i].value, node_get(over, key));

		if (value)
			node_set(pool, map, key, value);
	}
	for (size_t i = 0; i < over->n; i++)
		if (!node_get(under, over->v[i].key) && over->v[i].value->tag != NODE_RESET)
			node_set(pool, map, over->v[i].key, over->v[i].value);
	return map;
}

static struct node *append(struct node_pool *pool, const char *key, struct node *under,
			   struct node *over)
{
	struct node *list = node_copy(pool, under);

	for (size_t i = 0; i < over->n; i++)
		node_push(pool, list, over->v[i].value);
	return streq(key, "volumes") ? list_of_volumes(pool, list) : list;
}

struct node *merge_nodes(struct node_pool *pool, const char *key, struct node *under,
			 struct node *over)
{
	static const char *const replaced[] = {"command", "entrypoint", "test"};

	if (!over || !under || pool->full)
		return over ? over : under;
	if (over->tag == NODE_RESET)
		return NULL;
	if (over->kind == NODE_NULL)
		return under;
	if (over->tag == NODE_OVERRIDE || over->kind != under->kind ||
	    is_among(key, replaced, ARRAY_SIZE(replaced)))
		return over;
	if (over->kind == NODE_MAP)
		return merge_maps(pool, under, over);
	return over->kind == NODE_LIST ? append(pool, key, under, over) : over;
}
