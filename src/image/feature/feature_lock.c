/*
 * feature_lock.c - see feature_lock.h.
 */
#include "image/feature/feature_lock.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/path.h"
#include "image/document/json_read.h"

char *feature_lock_path(const char *file)
{
	cleanup_free char *folder = path_normalize(file, "..");
	bool hidden = path_basename(file)[0] == '.';

	return path_join(folder, hidden ? ".devcontainer-lock.json" : "devcontainer-lock.json");
}

int feature_lock_parse(const char *text, size_t len, const char *path, json_t **ret, struct err *e)
{
	cleanup_json json_t *doc = NULL;
	json_t *features = NULL;
	size_t blanks = 0;
	int r = 0;

	while (blanks < len && isspace((unsigned char)text[blanks]))
		blanks++;
	if (blanks == len) {
		*ret = json_object();
		return 0;
	}
	r = json_read(text, len, path, &doc, e);
	if (r == 0)
		r = json_get(doc, "features", JSON_OBJECT, &features, e);
	if (r < 0)
		return err_add(e, "cannot use '%s'", path);
	*ret = features ? json_incref(features) : json_object();
	return 0;
}

/* Ids are in lower case there. The caller frees it. */
static char *key_of(const char *id)
{
	char *key = xstrdup(id);

	for (char *c = key; *c; c++)
		*c = (char)tolower((unsigned char)*c);
	return key;
}

/* Those of earlier versions of this program are as they were written. */
static json_t *find(const json_t *lock, const char *id)
{
	cleanup_free char *key = key_of(id);
	json_t *entry = json_object_get(lock, key);

	return entry ? entry : json_object_get(lock, id);
}

static const char *integrity(const json_t *lock, const char *id)
{
	return json_string_value(json_object_get(find(lock, id), "integrity"));
}

int feature_lock_apply(const json_t *lock, struct feature *f, struct err *e)
{
	const char *text = integrity(lock, f->id);
	struct digest digest;

	if (!text || f->kind == FEATURE_FOLDER)
		return 0;
	if (digest_parse(text, &digest, e) < 0)
		return err_add(e, "devcontainer-lock.json: the feature '%s'", f->id);
	if (f->digest.hex[0] && !digest_equal(&f->digest, &digest))
		return err_set(e, ESTALE,
			       "devcontainer-lock.json has another digest for the feature '%s': "
			       "'sandbox lock' writes it again",
			       f->id);
	f->digest = digest;
	return 0;
}

static void need(const json_t *lock, const char *id, struct strv *out)
{
	cleanup_feature struct feature f = {0};
	struct err ignored;

	if (feature_name(id, NULL, NULL, &f, &ignored) < 0 || f.kind == FEATURE_FOLDER ||
	    feature_wants_docker(&f) || integrity(lock, id) || strv_has(out, id))
		return;
	strv_push(out, id);
}

void feature_lock_missing(const json_t *lock, json_t *features, struct strv *out)
{
	for (void *it = json_object_iter(features); it; it = json_object_iter_next(features, it))
		need(lock, json_object_iter_key(it), out);
	for (void *it = json_object_iter((json_t *)lock); it;
	     it = json_object_iter_next((json_t *)lock, it)) {
		const json_t *on = json_object_get(json_object_iter_value(it), "dependsOn");

		for (size_t i = 0; i < json_array_size(on) && i < FEATURE_MAX; i++) {
			const char *id = json_string_value(json_array_get(on, i));

			if (id)
				need(lock, id, out);
		}
	}
}

static json_t *entry(const struct feature *f)
{
	json_t *on = json_object_get(f->doc, "dependsOn"), *object = json_object();
	json_t *version = json_object_get(f->doc, "version");
	cleanup_free char *resolved = NULL;
	json_t *names = json_array();

	resolved = f->kind == FEATURE_OCI
			   ? xasprintf("%s@%s", f->resource, digest_text(&f->digest).s)
			   : xstrdup(f->resource);
	if (version)
		json_object_set(object, "version", version);
	json_object_set_new(object, "resolved", json_string(resolved));
	json_object_set_new(object, "integrity", json_string(digest_text(&f->digest).s));
	for (void *it = json_object_iter(on); it; it = json_object_iter_next(on, it)) {
		cleanup_free char *key = key_of(json_object_iter_key(it));

		json_array_append_new(names, json_string(key));
	}
	if (json_array_size(names))
		json_object_set(object, "dependsOn", names);
	json_decref(names);
	return object;
}

static int by_text(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* By their ids, as the other tool writes them. */
static json_t *sorted(json_t *object)
{
	cleanup_strv struct strv keys = {0};
	json_t *out = json_object();

	for (void *it = json_object_iter(object); it; it = json_object_iter_next(object, it))
		strv_push(&keys, json_object_iter_key(it));
	if (keys.n)
		qsort(keys.v, keys.n, sizeof(*keys.v), by_text);
	for (size_t i = 0; i < keys.n; i++)
		json_object_set(out, keys.v[i], json_object_get(object, keys.v[i]));
	return out;
}

void feature_lock_format(const struct feature_list *l, json_t *old, json_t *features,
			 struct buf *out)
{
	cleanup_json json_t *all = json_object(), *doc = json_object();
	cleanup_free char *text = NULL;

	for (void *it = json_object_iter(features); it; it = json_object_iter_next(features, it)) {
		const char *id = json_object_iter_key(it);
		cleanup_free char *key = key_of(id);
		cleanup_feature struct feature f = {0};
		struct err ignored;

		if (feature_name(id, NULL, NULL, &f, &ignored) == 0 && feature_wants_docker(&f) &&
		    find(old, id))
			json_object_set(all, key, find(old, id));
	}
	for (size_t i = 0; i < l->n; i++) {
		cleanup_free char *key = key_of(l->v[i].id);

		if (l->v[i].kind != FEATURE_FOLDER)
			json_object_set_new(all, key, entry(&l->v[i]));
	}
	json_object_set_new(doc, "features", sorted(all));
	text = json_dumps(doc, JSON_INDENT(2));
	buf_addf(out, "%s\n", text ? text : "{}");
}
