/*
 * features.c - see features.h.
 *
 * Nothing is fetched: what features set is in the label of the image that they were installed in.
 */
#include "image/devcontainer/features.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/path.h"
#include "build/inside.h"
#include "image/devcontainer/features_wanted.h"
#include "image/document/json_read.h"
#include "image/feature/feature.h"
#include "image/feature/feature_document.h"
#include "image/feature/feature_lock.h"
#include "image/name/hash.h"

#define FILE_MAX (1u << 20)

bool features_are_named(const struct layer_json *file)
{
	json_t *features = json_object_get(file->root, "features");

	for (void *it = json_object_iter(features); it; it = json_object_iter_next(features, it)) {
		cleanup_feature struct feature f = {0};
		struct err ignored;

		if (feature_name(json_object_iter_key(it), NULL, NULL, &f, &ignored) < 0 ||
		    !feature_wants_docker(&f))
			return true;
	}
	return false;
}

void features_note(struct merging *m)
{
	const struct layer_json *file = layers_file(&m->layers);
	json_t *features = json_object_get(file->root, "features");

	for (void *it = json_object_iter(features); it; it = json_object_iter_next(features, it)) {
		const char *id = json_object_iter_key(it);
		struct said_at at = layer_at(file, "features", id, -1);
		cleanup_feature struct feature f = {0};
		struct err ignored;

		if (m->other_image)
			resolution_note(m->resolution, &at,
					"the feature '%s' is left out: sandbox.ini or the command "
					"line names another image",
					id);
		else if (feature_name(id, NULL, NULL, &f, &ignored) == 0 &&
			 feature_wants_docker(&f))
			resolution_note(m->resolution, &at,
					"the feature '%s' is left out: it needs the API of Docker, "
					"which a box does not have",
					id);
	}
}

/* Its document and its script; other files are looked at when the image is made again. */
static void describe_folder(struct merging *m, const struct said_at *at, const char *dir,
			    struct buf *out)
{
	static const char *const names[] = {FEATURE_DOCUMENT, "install.sh"};

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		cleanup_free char *path = path_join(dir, names[i]);
		cleanup_buf struct buf text = BUF_INIT;
		struct digest sum;
		struct err e;

		if (resolution_read_inside(m->resolution, path, FILE_MAX, &text, &e) < 0) {
			resolution_cannot(m->resolution, at, "%s", e.msg);
			return;
		}
		hash_bytes(text.data, text.len, &sum);
		buf_addf(out, "%s\n", sum.hex);
	}
}

static void describe_one(struct merging *m, const struct layer_json *file, const char *id,
			 struct buf *out)
{
	struct said_at at = layer_at(file, "features", id, -1);
	cleanup_free char *folder = path_normalize(file->where, "..");
	cleanup_feature struct feature f = {0};
	struct err e;

	if (feature_name(id, NULL, folder, &f, &e) < 0)
		resolution_cannot(m->resolution, &at, "%s", e.msg);
	else if (f.kind == FEATURE_FOLDER && !feature_wants_docker(&f))
		describe_folder(m, &at, f.resource, out);
}

static void describe_lock(struct merging *m, const struct layer_json *file, struct buf *out,
			  struct strv *checksums)
{
	cleanup_free char *path = feature_lock_path(file->where);
	cleanup_buf struct buf text = BUF_INIT;
	struct digest sum;
	struct err ignored;
	int r = resolution_read_inside(m->resolution, path, FEATURE_LOCK_MAX, &text, &ignored);

	if (r == 0 || r == -ENOENT)
		inside_add_checksum(path, r == 0 ? text.data : NULL, text.len, checksums);
	/* What is wrong with it is told when it is used. */
	if (r < 0)
		return;
	hash_bytes(text.data, text.len, &sum);
	buf_addf(out, "lock %s\n", sum.hex);
}

void features_describe(struct merging *m, const struct layer_json *file, struct buf *out,
		       struct strv *names, struct strv *checksums)
{
	cleanup_json json_t *all = features_expand(&m->variables,
						   json_object_get(file->root, "features"), names);
	cleanup_strv struct strv override = {0};
	cleanup_free char *text = NULL;

	if (!json_is_object(all))
		return;
	text = json_dumps(all, JSON_COMPACT);
	features_override(file->root, &override);
	buf_addf(out, "features %s\n", text ? text : "");
	for (size_t i = 0; i < override.n; i++)
		buf_addf(out, "order %s\n", override.v[i]);
	describe_lock(m, file, out, checksums);
	for (void *it = json_object_iter(all); it; it = json_object_iter_next(all, it))
		describe_one(m, file, json_object_iter_key(it), out);
}
