/*
 * feature_gather.c - see feature_gather.h.
 *
 * Refuses a folder outside .devcontainer, of which nobody asked the user.
 */
#include "image/feature/feature_gather.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/log.h"
#include "base/path.h"
#include "build/inside.h"
#include "image/document/json_line.h"
#include "image/feature/feature_document.h"
#include "image/feature/feature_fetch.h"
#include "image/feature/feature_lock.h"
#include "image/feature/feature_order.h"

#define LEFT_OUT ((size_t)-1)

void feature_set_clear(struct feature_set *s)
{
	struct err ignored;

	feature_list_clear(&s->list);
	for (size_t i = 0; i < s->trees.n; i++)
		file_remove_tree(s->store->fd, s->trees.v[i], &ignored);
	strv_clear(&s->trees);
}

char *feature_root(const char *file)
{
	cleanup_free char *folder = path_normalize(file, ".."), *above = NULL;

	above = path_normalize(folder, "..");
	if (streq(path_basename(folder), ".devcontainer"))
		return take_ptr(folder);
	if (streq(path_basename(above), ".devcontainer"))
		return take_ptr(above);
	return path_join(folder, ".devcontainer");
}

static int find_folder(const struct feature_request *req, struct feature *f, struct err *e)
{
	cleanup_free char *root = feature_root(req->file), *real_root = realpath(root, NULL);
	cleanup_free char *real = realpath(f->resource, NULL);

	if (!real)
		return err_sys(e, errno, "cannot use the feature '%s'", f->id);
	if (!real_root || !path_is_beneath(real, real_root))
		return err_set(e, EPERM, "the feature '%s' is not in '%s'", f->id, root);
	f->dir = take_ptr(real);
	return 0;
}

static int get(const struct feature_request *req, struct feature_set *s, struct feature *f,
	       struct err *e)
{
	int r = feature_lock_apply(req->lock, f, e);

	if (r < 0)
		return r;
	if (f->kind == FEATURE_FOLDER)
		return find_folder(req, f, e);
	return feature_fetch(req->store, req->conf, f, &s->trees, e);
}

static int read_document(const struct feature_request *req, struct feature *f, struct err *e)
{
	/* What was fetched is in the store. */
	const char *inside = f->kind == FEATURE_FOLDER ? req->inside : NULL;
	cleanup_buf struct buf text = BUF_INIT;
	cleanup_close int dir = -1, fd = -1;
	int r = inside_open(inside, f->dir, O_RDONLY | O_DIRECTORY, &dir, e);

	if (r == 0)
		r = path_open_nolinks(dir, FEATURE_DOCUMENT, O_RDONLY | O_NONBLOCK, 0, &fd, e);
	if (r == 0)
		r = file_read_fd(fd, FEATURE_DOCUMENT, FEATURE_DOCUMENT_MAX, &text, e);
	if (r < 0)
		return err_add(e, "cannot read the feature '%s'", f->id);
	r = feature_document_read(text.data, text.len, f->id, &f->doc, e);
	if (r == 0)
		feature_document_aliases(f->doc, &f->aliases);
	return r;
}

/* What its author says to those who use it. */
static void note_age(const struct feature *f)
{
	const char *now = json_string_value(json_object_get(f->doc, "currentId"));
	const char *id = json_string_value(json_object_get(f->doc, "id"));

	if (now && !streq(now, id))
		log_note("the feature '%s' is called '%s' now", f->id, now);
	else if (json_is_true(json_object_get(f->doc, "deprecated")))
		log_note("the feature '%s' is deprecated", f->id);
}

/* Where the list has it; else it is fetched and added. *ret: LEFT_OUT if it needs Docker. */
static int add(const struct feature_request *req, struct feature_set *s, const char *id,
	       const json_t *options, size_t line, size_t *ret, struct err *e)
{
	cleanup_free char *folder = path_normalize(req->file, "..");
	struct feature_list *l = &s->list;
	cleanup_feature struct feature f = {0};
	int r = feature_name(id, options, folder, &f, e);

	if (r < 0)
		return r;
	*ret = LEFT_OUT;
	if (feature_wants_docker(&f))
		return 0;
	f.line = line;
	if (l->n >= FEATURE_MAX)
		return err_set(e, E2BIG, "there are more than %d features", FEATURE_MAX);
	r = get(req, s, &f, e);
	if (r == 0)
		r = read_document(req, &f, e);
	for (size_t i = 0; r == 0 && i < l->n; i++)
		if (feature_compare(&l->v[i], &f) == 0) {
			*ret = i;
			return 0;
		}
	if (r < 0)
		return r;
	note_age(&f);
	l->v = xrealloc(l->v, l->n + 1, sizeof(*l->v));
	l->v[l->n] = f;
	f = (struct feature){0};
	*ret = l->n++;
	return 0;
}

/* What a feature depends on comes into the list, and may depend on more. */
static int add_needs(const struct feature_request *req, struct feature_set *s, size_t i,
		     struct err *e)
{
	json_t *needs = json_incref(json_object_get(s->list.v[i].doc, "dependsOn"));
	int r = 0;

	for (void *it = json_object_iter(needs); r == 0 && it;
	     it = json_object_iter_next(needs, it)) {
		size_t at;

		r = add(req, s, json_object_iter_key(it), json_object_iter_value(it),
			s->list.v[i].line, &at, e);
		if (r < 0) {
			r = err_add(e, "%s:%zu: the feature '%s' depends on another one", req->file,
				    s->list.v[i].line, s->list.v[i].id);
		} else if (at == LEFT_OUT) {
			log_note("the feature '%s', on which '%s' depends, is left out: it needs "
				 "the API of Docker",
				 json_object_iter_key(it), s->list.v[i].id);
		} else {
			struct feature *f = &s->list.v[i];

			f->needs = xrealloc(f->needs, f->n_needs + 1, sizeof(*f->needs));
			f->needs[f->n_needs++] = at;
		}
	}
	json_decref(needs);
	return r;
}

int feature_gather(const struct feature_request *req, struct feature_set *ret, struct err *e)
{
	cleanup_free char *folder = path_normalize(req->file, "..");
	json_t *features = req->features;
	int r = 0;

	*ret = (struct feature_set){.store = req->store};
	for (void *it = json_object_iter(features); r == 0 && it;
	     it = json_object_iter_next(features, it)) {
		const char *id = json_object_iter_key(it);
		size_t at, line = json_line(req->text, strlen(req->text), "features", id, -1);

		r = add(req, ret, id, json_object_iter_value(it), line, &at, e);
		if (r < 0)
			err_add(e, "%s:%zu", req->file, line);
	}
	for (size_t i = 0; r == 0 && i < ret->list.n; i++)
		r = add_needs(req, ret, i, e);
	return r < 0 ? r : feature_order(&ret->list, req->override, folder, e);
}
