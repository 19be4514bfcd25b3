/*
 * features_wanted.c - see features_wanted.h.
 */
#include "image/devcontainer/features_wanted.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/path.h"
#include "image/devcontainer/metadata.h"
#include "image/devcontainer/variables.h"
#include "image/document/json_read.h"
#include "image/document/jsonc.h"
#include "image/feature/feature.h"
#include "image/feature/feature_gather.h"
#include "image/feature/feature_lock.h"

#define FILE_MAX (1u << 20)

void features_clear(struct features_wanted *f)
{
	buf_free(&f->text);
	json_decref(f->features);
	json_decref(f->metadata);
	json_decref(f->lock);
	strv_clear(&f->override);
	free(f->image);
	free(f->remote_user);
	free(f->container_user);
}

/* The text with its variables replaced; as it is, if that is impossible. The caller frees it. */
static char *expand_text(const struct variables *v, const char *text, struct strv *names)
{
	cleanup_buf struct buf out = BUF_INIT;
	cleanup_free char *wrong = variables_expand(v, text, VARIABLES_TEXT, &out, names);

	return wrong ? xstrdup(text) : buf_detach(&out);
}

json_t *features_expand(const struct variables *v, json_t *value, struct strv *names)
{
	json_t *out;

	if (json_is_string(value)) {
		cleanup_free char *text = expand_text(v, json_string_value(value), names);

		return json_string(text);
	}
	if (!json_is_object(value))
		return json_incref(value);
	out = json_object();
	for (void *it = json_object_iter(value); it; it = json_object_iter_next(value, it))
		json_object_set_new(out, json_object_iter_key(it),
				    features_expand(v, json_object_iter_value(it), names));
	return out;
}

void features_override(const json_t *root, struct strv *out)
{
	const json_t *order = json_object_get(root, "overrideFeatureInstallOrder");

	for (size_t i = 0; i < json_array_size(order) && i < FEATURE_MAX; i++) {
		const char *id = json_string_value(json_array_get(order, i));

		if (id)
			strv_push(out, id);
	}
}

static char *member(const struct variables *v, const json_t *root, const char *key)
{
	const char *text = json_string_value(json_object_get(root, key));

	return text && *text ? expand_text(v, text, NULL) : NULL;
}

/* Without the project that it is of, it may be anywhere. */
static int read_text(const struct inside *in, struct resolution *resolution, const char *path,
		     size_t max, struct buf *out, struct err *e)
{
	struct err changed;
	int r = in->top ? resolution_read_inside(resolution, path, max, out, e)
			: resolution_read(resolution, path, max, out, e);

	if (r == -ENOENT && inside_check(in, path, NULL, 0, &changed) < 0) {
		*e = changed;
		return -e->code;
	}
	return r < 0 ? r : inside_check(in, path, out->data, out->len, e);
}

static int read_lock(const struct inside *in, struct resolution *resolution, const char *file,
		     json_t **ret, struct err *e)
{
	cleanup_free char *path = feature_lock_path(file);
	cleanup_buf struct buf text = BUF_INIT;
	int r = read_text(in, resolution, path, FEATURE_LOCK_MAX, &text, e);

	if (r == -ENOENT)
		return 0;
	return r < 0 ? r : feature_lock_parse(text.data, text.len, path, ret, e);
}

int features_read(const struct inside *in, const char *path, struct features_wanted *ret,
		  struct err *e)
{
	cleanup_resolution struct resolution resolution = RESOLUTION_INIT;
	cleanup_features struct features_wanted f = FEATURES_WANTED_INIT;
	cleanup_buf struct buf text = BUF_INIT;
	cleanup_json json_t *root = NULL;
	cleanup_free char *folder = feature_root(path), *here = getcwd(NULL, 0);
	cleanup_free char *project = in->top ? path_normalize(here ? here : "/", in->top)
					     : path_normalize(folder, "..");
	cleanup_free char *id = variables_id(project, path);
	const struct variables v = {.resolution = &resolution, .id = id};
	int r;

	resolution.project = project;
	r = read_text(in, &resolution, path, FILE_MAX, &text, e);
	if (r < 0)
		return r;
	jsonc_strip(text.data, text.len, &f.text);
	r = json_read(f.text.data, f.text.len, path, &root, e);
	if (r < 0)
		return r;
	r = read_lock(in, &resolution, path, &f.lock, e);
	if (r < 0)
		return r;
	f.features = features_expand(&v, json_object_get(root, "features"), NULL);
	f.image = member(&v, root, "image");
	f.remote_user = member(&v, root, "remoteUser");
	f.container_user = member(&v, root, "containerUser");
	f.metadata = metadata_of_file(root);
	features_override(root, &f.override);
	*ret = f;
	f = (struct features_wanted)FEATURES_WANTED_INIT;
	return 0;
}
