/*
 * compose.c - see compose.h.
 */
#include "image/compose/compose.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/path.h"
#include "image/compose/merge.h"
#include "image/compose/node_read.h"

#define FILES_MAX   32
#define EXTENDS_MAX 16

void compose_clear(struct compose *c)
{
	values_clear(&c->values);
	strv_clear(&c->files);
	free(c->env_left_out);
	node_pool_clear(&c->pool);
}

/* Texts that were read since the pool had `from` nodes. */
static int expand_texts(struct compose *c, size_t from, struct err *e)
{
	for (size_t i = from; i < c->pool.n; i++) {
		struct node *n = c->pool.v[i];
		cleanup_buf struct buf text = BUF_INIT;

		if (n->kind != NODE_TEXT || !strchr(n->text, '$'))
			continue;
		if (values_expand(&c->values, n->text, &text, &n->names, e) < 0)
			return err_add(e, "%s:%u", n->file, n->line);
		free(n->text);
		n->text = text.len ? buf_detach(&text) : xstrdup("");
	}
	return 0;
}

static struct node *normalize_services(struct compose *c, const struct node *root)
{
	struct node *made = node_copy(&c->pool, root), *services = node_get(made, "services"), *all;

	if (!services || services->kind != NODE_MAP)
		return made;
	all = node_new(&c->pool, NODE_MAP, services);
	for (size_t i = 0; i < services->n; i++)
		node_set(&c->pool, all, services->v[i].key,
			 merge_normalize(&c->pool, services->v[i].value));
	node_set(&c->pool, made, "services", all);
	return made;
}

static int read_file(struct compose *c, const char *path, const char *dir, struct node **ret,
		     struct err *e)
{
	cleanup_buf struct buf text = BUF_INIT;
	size_t from = c->pool.n;
	struct node *root = NULL;
	int r;

	if (c->files.n >= FILES_MAX)
		return err_set(e, E2BIG, "'%s': there are more than %d compose files", path,
			       FILES_MAX);
	strv_push(&c->files, path);
	r = c->source->read(c->source->arg, path, &text, e);
	if (r == 0)
		r = node_read(&c->pool, text.data, text.len, node_keep(&c->pool, path),
			      node_keep(&c->pool, dir), &root, e);
	if (r == 0)
		r = expand_texts(c, from, e);
	if (r < 0)
		return r;
	*ret = normalize_services(c, root);
	return 0;
}

/* A file that services of others extend. */
static int read_once(struct compose *c, const char *path, struct node **ret, struct err *e)
{
	cleanup_free char *dir = path_normalize(path, "..");
	struct node *root = node_get(c->extended, path);

	if (!root) {
		if (read_file(c, path, dir, &root, e) < 0)
			return -e->code;
		node_set(&c->pool, c->extended, node_keep(&c->pool, path), root);
	}
	*ret = root;
	return 0;
}

static int resolve_service(struct compose *c, struct node *services, const char *name,
			   unsigned int depth, struct node **ret, struct err *e);

/* The service that `extends` names, complete. */
static int find_base(struct compose *c, struct node *services, const struct node *extends,
		     unsigned int depth, struct node **ret, struct err *e)
{
	const char *name = extends->kind == NODE_TEXT ? extends->text
						      : node_text(extends, "service");
	const char *file = node_text(extends, "file");
	struct node *root = NULL;

	if (!name)
		return node_bad(extends, e, "'extends' names no service");
	if (depth > EXTENDS_MAX)
		return node_bad(extends, e,
				"services extend each other in a circle, or too deeply");
	if (file) {
		cleanup_free char *path = path_normalize(extends->dir, file);

		if (read_once(c, path, &root, e) < 0)
			return err_add(e, "%s:%u: 'extends'", extends->file, extends->line);
		services = node_get(root, "services");
	}
	if (!node_get(services, name))
		return node_bad(extends, e, "there is no service '%s' to extend", name);
	return resolve_service(c, services, name, depth + 1, ret, e);
}

/* The service with what it extends, which stays resolved in `services`. */
static int resolve_service(struct compose *c, struct node *services, const char *name,
			   unsigned int depth, struct node **ret, struct err *e)
{
	struct node *service = node_get(services, name), *base = NULL, *own;
	const struct node *extends = node_get(service, "extends");

	if (service->kind != NODE_MAP)
		return node_bad(service, e, "the service '%s' is no mapping", name);
	if (!extends) {
		*ret = service;
		return 0;
	}
	if (find_base(c, services, extends, depth, &base, e) < 0)
		return -e->code;
	own = node_copy(&c->pool, service);
	for (size_t i = 0; i < own->n; i++)
		if (streq(own->v[i].key, "extends"))
			own->v[i] = own->v[--own->n];
	own = merge_nodes(&c->pool, "", base, own);
	node_set(&c->pool, services, node_keep(&c->pool, name), own);
	*ret = own;
	return 0;
}

static int resolve_services(struct compose *c, struct node *root, struct err *e)
{
	struct node *services = node_get(root, "services"), *ignored;

	if (services && services->kind != NODE_MAP && services->kind != NODE_NULL)
		return node_bad(services, e, "'services' is no mapping");
	for (size_t i = 0; services && i < services->n; i++)
		if (resolve_service(c, services, services->v[i].key, 0, &ignored, e) < 0)
			return -e->code;
	return 0;
}

static int load_files(struct compose *c, const struct strv *files, const char *dir,
		      unsigned int depth, struct node **ret, struct err *e);

/* One of `include`: a path, or a map with `path`, one or a list. */
static int load_included(struct compose *c, const struct node *item, unsigned int depth,
			 struct node **ret, struct err *e)
{
	const struct node *path = item->kind == NODE_MAP ? node_get(item, "path") : item;
	const char *folder = node_text(item, "project_directory");
	cleanup_strv struct strv files = {0};
	cleanup_free char *dir = NULL;

	for (size_t i = 0; path && path->kind == NODE_LIST && i < path->n; i++)
		if (path->v[i].value->text)
			strv_push_take(&files, path_normalize(item->dir, path->v[i].value->text));
	if (path && path->text)
		strv_push_take(&files, path_normalize(item->dir, path->text));
	if (!files.n || depth > EXTENDS_MAX)
		return node_bad(item, e,
				files.n ? "files include each other in a circle"
					: "'include' names no file");
	dir = folder ? path_normalize(item->dir, folder) : path_normalize(files.v[0], "..");
	return load_files(c, &files, dir, depth + 1, ret, e) < 0
		       ? err_add(e, "%s:%u: 'include'", item->file, item->line)
		       : 0;
}

/* What the file says itself counts more. */
static int include(struct compose *c, struct node **root, unsigned int depth, struct err *e)
{
	const struct node *list = node_get(*root, "include");

	for (size_t i = 0; list && list->kind == NODE_LIST && i < list->n; i++) {
		struct node *more = NULL;

		if (load_included(c, list->v[i].value, depth, &more, e) < 0)
			return -e->code;
		*root = merge_nodes(&c->pool, "", more, *root);
	}
	return 0;
}

static int load_files(struct compose *c, const struct strv *files, const char *dir,
		      unsigned int depth, struct node **ret, struct err *e)
{
	struct node *all = NULL;

	for (size_t i = 0; i < files->n; i++) {
		struct node *root = NULL;

		if (read_file(c, files->v[i], dir, &root, e) < 0 ||
		    resolve_services(c, root, e) < 0 || include(c, &root, depth, e) < 0)
			return -e->code;
		all = merge_nodes(&c->pool, "", all, root);
		if (c->pool.full)
			return node_bad(root, e, "there is too much in it");
	}
	*ret = all;
	return 0;
}

int compose_read_variables(struct compose *c, const char *path, struct node *map, struct err *e)
{
	cleanup_buf struct buf text = BUF_INIT;
	struct node at = {.file = node_keep(&c->pool, path), .dir = map->dir, .line = 1};
	int r = c->source->read(c->source->arg, path, &text, e);

	return r < 0 ? r : values_read_file(&c->values, &c->pool, text.data, &at, map, e);
}

/* .env beside the first file, which need not exist. */
static int read_dot_env(struct compose *c, const char *dir, struct err *e)
{
	cleanup_free char *path = path_join(dir, ".env");
	const char *kept = node_keep(&c->pool, path);
	struct node at = {.file = kept, .dir = node_keep(&c->pool, dir), .line = 1};
	struct node *map = node_new(&c->pool, NODE_MAP, &at);
	int r = compose_read_variables(c, kept, map, e);

	c->values.file = map;
	c->extended = node_new(&c->pool, NODE_MAP, &at);
	if (r == -EPERM)
		c->env_left_out = xstrdup(e->msg);
	return r == -ENOENT || r == -EPERM ? 0 : r;
}

/* From the directory, as editors do with files in .devcontainer; the caller frees it. */
static char *usual_name(const char *dir)
{
	cleanup_free char *above = path_normalize(dir, "..");
	bool hidden = streq(path_basename(dir), ".devcontainer");
	const char *from = path_basename(hidden ? above : dir);
	cleanup_buf struct buf name = BUF_INIT;

	for (; *from; from++)
		if (isalnum((unsigned char)*from) || *from == '-' || *from == '_')
			buf_addch(&name, (char)tolower((unsigned char)*from));
	return xasprintf("%s%s", name.data, hidden ? "_devcontainer" : "");
}

/* COMPOSE_PROJECT_NAME, which the files may use; they can name it themselves later. */
static void set_name(struct compose *c, const char *dir)
{
	const char *name = values_get(&c->values, "COMPOSE_PROJECT_NAME", NULL);
	cleanup_free char *usual = usual_name(dir);
	struct node *map = (struct node *)c->values.file;

	c->name = node_keep(&c->pool, name && *name ? name : usual);
	if (!name)
		node_set(&c->pool, map, "COMPOSE_PROJECT_NAME",
			 node_new_text(&c->pool, c->name, map));
}

int compose_load(struct compose *c, const struct compose_source *source, const struct strv *files,
		 struct err *e)
{
	cleanup_free char *dir = path_normalize(files->v[0], "..");
	struct node *root = NULL;

	c->source = source;
	c->values.host = source->host;
	c->values.arg = source->arg;
	if (read_dot_env(c, dir, e) < 0)
		return -e->code;
	set_name(c, dir);
	if (load_files(c, files, dir, 0, &root, e) < 0)
		return -e->code;
	if (node_text(root, "name"))
		c->name = node_text(root, "name");
	c->root = root;
	return 0;
}
