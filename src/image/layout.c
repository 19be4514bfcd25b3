/*
 * layout.c - writing index.json (image-spec, image-layout.md). refs/ stay the truth: an index.json
 * that another tool has changed is simply written anew.
 */
#include "image/layout.h"

#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "image/install.h"
#include "image/ref.h"

#define LOCK_FILE "index.lock"

static bool is_whole(const struct image_store *s, const struct manifest *m)
{
	if (!blob_is_local(s, &m->config.digest))
		return false;
	for (size_t i = 0; i < m->n_layers; i++)
		if (!blob_is_local(s, &m->layers[i].digest))
			return false;
	return true;
}

/* The descriptor of a name, or NULL when it cannot be listed. */
static json_t *describe(const struct image_store *s, const char *name)
{
	cleanup_manifest struct manifest m = {0};
	cleanup_buf struct buf text = BUF_INIT;
	struct err ignored;
	struct ref ref;

	if (ref_read(s->fd, name, &ref, &ignored) < 0 || !blob_is_local(s, &ref.manifest) ||
	    blob_read(s, &ref.manifest, MANIFEST_MAX_BYTES, &text, &ignored) < 0 ||
	    manifest_parse(text.data, text.len, &m, &ignored) < 0 || !is_whole(s, &m))
		return NULL;
	return json_pack("{s:s, s:s, s:I, s:{s:s}}", "mediaType", m.media_type, "digest",
			 digest_text(&ref.manifest).s, "size", (json_int_t)text.len, "annotations",
			 "org.opencontainers.image.ref.name", name);
}

static int write_index(const struct image_store *s, const struct strv *names, struct err *e)
{
	json_t *manifests = json_array();
	json_t *index = json_pack("{s:i, s:s, s:o}", "schemaVersion", 2, "mediaType",
				  MEDIA_OCI_INDEX, "manifests", manifests);
	cleanup_free char *text = NULL;
	int r;

	for (size_t i = 0; i < names->n; i++) {
		json_t *d = describe(s, names->v[i]);

		if (d)
			json_array_append_new(manifests, d);
	}
	text = json_dumps(index, JSON_INDENT(1));
	json_decref(index);
	if (!text)
		return err_set(e, ENOMEM, "cannot write '%s/index.json'", s->path);
	r = file_write_atomic(s->fd, "tmp/" IMAGE_TMP_PREFIX "index", text, strlen(text), 0600, e);
	if (r == 0 && renameat(s->fd, "tmp/" IMAGE_TMP_PREFIX "index", s->fd, "index.json") < 0)
		r = err_sys(e, errno, "cannot write '%s/index.json'", s->path);
	return r;
}

int layout_update(const struct image_store *s, struct err *e)
{
	cleanup_close int lock = openat(s->fd, LOCK_FILE, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	cleanup_strv struct strv names = {0};
	int r;

	if (lock < 0)
		return err_sys(e, errno, "cannot make '%s/" LOCK_FILE "'", s->path);
	r = file_lock(lock, LOCK_FILE, e);
	if (r == 0)
		r = ref_list(s->fd, &names, e);
	return r < 0 ? r : write_index(s, &names, e);
}
