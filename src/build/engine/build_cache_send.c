/*
 * build_cache_send.c - a cache goes into a registry, or a directory: blobs first, and last what
 * names them, so that nobody reads half of one.
 */
#include "build/engine/build_cache.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/copy_whole.h"
#include "base/file.h"
#include "base/log.h"
#include "base/new_file.h"
#include "base/path.h"
#include "image/name/hash.h"
#include "image/registry/registry.h"

/* Where it goes: one of the two. */
struct sending {
	const struct build_request *req;
	const struct build_cache_place *to;
	struct registry *registry;
	int dir;
};

static void sending_clear(struct sending *s)
{
	if (s->registry)
		registry_close(s->registry);
	close_fd(&s->dir);
}

static char *blob_path(const struct digest *d)
{
	return xasprintf("blobs/sha256/%s", d->hex);
}

/* In the directory; one that is there has the same content. */
static int write_blob(const struct sending *s, const struct digest *d, int fd, uint64_t size,
		      struct err *e)
{
	cleanup_new_file struct new_file new = NEW_FILE_INIT;
	cleanup_free char *path = blob_path(d);
	struct stat st;
	int r;

	if (fstatat(s->dir, path, &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISREG(st.st_mode) &&
	    (uint64_t)st.st_size == size)
		return 0;
	r = new_file_open(s->dir, path, NULL, 0644, &new);
	if (r == 0)
		r = copy_bytes(fd, new.fd, (off_t)size);
	if (r == 0)
		r = new_file_finish(&new, true);
	return r < 0 ? err_sys(e, -r, "cannot write '%s'", path) : 0;
}

static int send_blob(const struct sending *s, const struct digest *d, int fd, uint64_t size,
		     struct err *e)
{
	bool there = false;
	int r;

	if (!s->registry)
		return write_blob(s, d, fd, size, e);
	r = registry_has_blob(s->registry, d, &there, e);
	return r < 0 || there ? r : registry_put_blob(s->registry, d, fd, size, NULL, NULL, e);
}

static int send_layer(const struct sending *s, const struct descriptor *d, struct err *e)
{
	cleanup_close int fd = -1;
	int r = blob_open(s->req->store, &d->digest, &fd, e);

	return r < 0 ? r : send_blob(s, &d->digest, fd, d->size, e);
}

/* A text, such as the config. */
static int send_text(const struct sending *s, const char *text, struct descriptor *ret,
		     struct err *e)
{
	cleanup_close int fd = memfd_create("cache", MFD_CLOEXEC);
	int r = fd < 0 ? -errno : write_all(fd, text, strlen(text));

	if (r < 0)
		return err_sys(e, -r, "cannot prepare the list of layers");
	hash_bytes(text, strlen(text), &ret->digest);
	ret->size = strlen(text);
	return send_blob(s, &ret->digest, fd, ret->size, e);
}

static char *make_config(const struct build_cached_list *list)
{
	json_t *records = json_array(), *root = json_object();
	char *text;

	for (size_t i = 0; i < list->n; i++) {
		const struct build_cached *one = &list->v[i];

		json_array_append_new(records,
				      json_pack("{s: s, s: s, s: s, s: I, s: I}", "key",
						one->key.hex, "diffId", one->record.diff_id.hex,
						"blob", one->record.blob.hex, "size",
						(json_int_t)one->record.size, "made",
						(json_int_t)one->record.made));
	}
	json_object_set_new(root, "records", records);
	text = json_dumps(root, JSON_COMPACT);
	json_decref(root);
	return text;
}

static bool has_layer(const struct manifest *m, const struct digest *d)
{
	for (size_t i = 0; i < m->n_layers; i++)
		if (digest_equal(&m->layers[i].digest, d))
			return true;
	return false;
}

static int send_layers(const struct sending *s, const struct build_cached_list *list,
		       struct manifest *m, struct err *e)
{
	int r = 0;

	m->layers = xcalloc(list->n + 1, sizeof(*m->layers));
	for (size_t i = 0; r == 0 && i < list->n; i++) {
		const struct build_record *record = &list->v[i].record;
		struct descriptor *d = &m->layers[m->n_layers];

		if (has_layer(m, &record->blob))
			continue;
		if (m->n_layers == MANIFEST_MAX_ENTRIES)
			return err_set(e, E2BIG, "it would have more than %d layers",
				       MANIFEST_MAX_ENTRIES);
		*d = (struct descriptor){.media_type = xstrdup(MEDIA_OCI_LAYER_ZSTD),
					 .digest = record->blob,
					 .size = record->size};
		m->n_layers++;
		r = send_layer(s, d, e);
	}
	return r;
}

/* In a directory by an index with one entry. */
static int send_manifest(const struct sending *s, const char *tag, const char *text, struct err *e)
{
	static const char mark[] = "{\"imageLayoutVersion\":\"1.0.0\"}\n";
	struct descriptor d = {0};
	cleanup_free char *index = NULL;
	int r;

	if (s->registry)
		return registry_put_manifest(s->registry, tag, MEDIA_OCI_MANIFEST, text,
					     strlen(text), e);
	r = send_text(s, text, &d, e);
	if (r < 0)
		return r;
	index = xasprintf("{\"schemaVersion\":2,\"mediaType\":\"" MEDIA_OCI_INDEX
			  "\",\"manifests\":[{\"mediaType\":\"" MEDIA_OCI_MANIFEST
			  "\",\"digest\":\"%s\",\"size\":%zu}]}\n",
			  digest_text(&d.digest).s, strlen(text));
	r = file_write_atomic(s->dir, "oci-layout", mark, strlen(mark), 0644, e);
	return r < 0 ? r : file_write_atomic(s->dir, "index.json", index, strlen(index), 0644, e);
}

static int open_place(struct sending *s, struct reference *ret_ref, struct err *e)
{
	cleanup_free char *blobs = NULL;
	int r;

	if (s->to->ref) {
		r = reference_parse(s->to->ref, s->req->conf->registry, ret_ref, e);
		if (r == 0 && !ret_ref->tag)
			r = err_set(e, ERR_USAGE, "expected a name with a tag, and no digest");
		return r < 0 ? r
			     : registry_open(s->req->conf, ret_ref, NULL, REGISTRY_PUSH,
					     &s->registry, e);
	}
	blobs = path_join(s->to->dir, "blobs/sha256");
	r = file_mkdirs(blobs, 0777, e);
	if (r < 0)
		return r;
	s->dir = open(s->to->dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return s->dir < 0 ? err_sys(e, errno, "cannot open it") : 0;
}

int build_cache_send(const struct build_request *req, const struct build_cache_place *to,
		     const struct build_cached_list *list, struct err *e)
{
	__attribute__((cleanup(sending_clear))) struct sending s = {
		.req = req, .to = to, .dir = -1};
	cleanup_reference struct reference ref = {0};
	cleanup_free char *config = NULL, *text = NULL;
	cleanup_manifest struct manifest m = {
		.media_type = xstrdup(MEDIA_OCI_MANIFEST),
		.config = {.media_type = xstrdup(BUILD_CACHE_MEDIA_TYPE)}};
	int r;

	if (!list->n) {
		log_note("no step of this build has a layer: the cache '%s' is not written",
			 to->ref ? to->ref : to->dir);
		return 0;
	}
	config = make_config(list);
	r = open_place(&s, &ref, e);
	if (r == 0)
		r = send_layers(&s, list, &m, e);
	if (r == 0)
		r = send_text(&s, config, &m.config, e);
	if (r < 0)
		return r;
	text = manifest_format(&m);
	return send_manifest(&s, ref.tag, text, e);
}
