/*
 * export.c - OCI archives and docker-archives.
 *
 * Promises that every blob is checked against its digest while it is copied, and that the same
 * image gives the same bytes.
 */
#include "image/archive/export.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "image/archive/export_archive.h"
#include "image/archive/export_tree.h"
#include "image/document/json_read.h"
#include "image/layer/inflate.h"
#include "image/load.h"
#include "image/name/hash.h"

#define OCI_LAYOUT "{\"imageLayoutVersion\":\"1.0.0\"}"

/* One image with its documents. */
struct exporting {
	const struct export_request *req;
	struct archive *archive;
	struct manifest m;
	struct image_config c;
};

static int export_blob(struct exporting *x, const struct digest *d, struct err *e)
{
	cleanup_free char *name = xasprintf("blobs/sha256/%s", d->hex);
	cleanup_close int fd = -1;
	struct stat st;
	int r = blob_open(x->req->store, d, &fd, e);

	if (r < 0)
		return r;
	if (fstat(fd, &st) < 0)
		return err_sys(e, errno, "cannot look at a blob");
	return export_fd(x->archive, name, fd, (uint64_t)st.st_size, d, e);
}

static int export_index(struct exporting *x, struct err *e)
{
	uint64_t size;
	cleanup_json json_t *j = NULL;
	char *text;
	int r = blob_stat(x->req->store, &x->req->ref.manifest, &size, e);

	if (r < 0)
		return r;
	j = json_pack("{s:i, s:[{s:s, s:s, s:I, s:{s:s}}]}", "schemaVersion", 2, "manifests",
		      "mediaType", x->m.media_type, "digest", digest_text(&x->req->ref.manifest).s,
		      "size", (json_int_t)size, "annotations", "org.opencontainers.image.ref.name",
		      x->req->name);
	text = json_dumps(j, JSON_COMPACT);
	r = export_text(x->archive, "index.json", text, strlen(text), e);
	free(text);
	return r;
}

static int export_oci(struct exporting *x, struct err *e)
{
	int r = export_text(x->archive, "oci-layout", OCI_LAYOUT, strlen(OCI_LAYOUT), e);

	if (r == 0)
		r = export_index(x, e);
	/* Listed because not every reader creates parents correctly. */
	if (r == 0)
		r = export_begin(x->archive, "blobs/", 0, e);
	if (r == 0)
		r = export_begin(x->archive, "blobs/sha256/", 0, e);
	if (r == 0)
		r = export_blob(x, &x->req->ref.manifest, e);
	if (r == 0)
		r = export_blob(x, &x->m.config.digest, e);
	for (size_t i = 0; r == 0 && i < x->m.n_layers; i++)
		if (manifest_layer_is_first(&x->m, i))
			r = export_blob(x, &x->m.layers[i].digest, e);
	return r;
}

/* Decompresses a whole layer: counts it, and writes it to the archive's member if there is one. */
static int inflate_layer(int fd, enum compression kind, struct archive *to, uint64_t *ret_size,
			 struct digest *ret, struct err *e)
{
	struct byte_source in = {.read = source_read_fd, .ctx = &fd};
	cleanup_free char *buffer = xcalloc(1, EXPORT_COPY_BYTES);
	cleanup_hash struct hash *h = hash_new();
	struct inflate *z;
	uint64_t size = 0;
	ssize_t n;
	int r = inflate_open(kind, in, &z, e);

	if (r < 0)
		return r;
	while (r == 0 && (n = inflate_read(z, buffer, EXPORT_COPY_BYTES, e)) != 0) {
		if (n < 0)
			r = (int)n;
		else if (to && la.archive_write_data(to, buffer, (size_t)n) != n)
			r = export_failed(to, e);
		else if (to)
			hash_update(h, buffer, (size_t)n);
		size += n > 0 ? (uint64_t)n : 0;
	}
	inflate_close(z);
	if (r < 0)
		return r;
	hash_final(h, ret);
	*ret_size = size;
	return 0;
}

/*
 * docker-archives contain uncompressed layers, preceded by their size: decompressing twice is as
 * fast as buffering them, and needs no space.
 */
static int export_packed_layer(struct exporting *x, const char *name, int fd, enum compression kind,
			       const struct digest *diff_id, struct err *e)
{
	struct digest actual;
	uint64_t size, again;
	int r = inflate_layer(fd, kind, NULL, &size, &actual, e);

	if (r == 0)
		r = export_begin(x->archive, name, size, e);
	if (r == 0 && lseek(fd, 0, SEEK_SET) < 0)
		r = err_sys(e, errno, "cannot read a blob again");
	if (r == 0)
		r = inflate_layer(fd, kind, x->archive, &again, &actual, e);
	if (r == 0 && (again != size || !digest_equal(&actual, diff_id)))
		r = err_set(e, EBADMSG, "it is corrupt: pull the image again");
	return r;
}

static int export_plain_layer(struct exporting *x, size_t i, struct err *e)
{
	const struct digest *diff_id = &x->c.diff_ids[i], *blob = &x->m.layers[i].digest;
	cleanup_free char *name = xasprintf("%s.tar", diff_id->hex);
	cleanup_close int fd = -1;
	enum compression kind;
	struct stat st;
	int r = blob_open(x->req->store, blob, &fd, e);

	if (r == 0)
		r = inflate_guess_fd(fd, &kind, e);
	if (r < 0)
		return r;
	if (kind != COMPRESSION_NONE)
		r = export_packed_layer(x, name, fd, kind, diff_id, e);
	else if (fstat(fd, &st) < 0)
		r = err_sys(e, errno, "cannot look at it");
	else
		r = export_fd(x->archive, name, fd, (uint64_t)st.st_size, diff_id, e);
	return r < 0 ? err_add(e, "the blob %s", digest_text(blob).s) : 0;
}

static bool is_first_diff(const struct image_config *c, size_t i)
{
	for (size_t j = 0; j < i; j++)
		if (digest_equal(&c->diff_ids[j], &c->diff_ids[i]))
			return false;
	return true;
}

static int export_docker_manifest(struct exporting *x, struct err *e)
{
	cleanup_free char *config = xasprintf("%s.json", x->m.config.digest.hex);
	json_t *layers = json_array();
	cleanup_json json_t *j = json_pack("[{s:s, s:[s], s:o}]", "Config", config, "RepoTags",
					   x->req->name, "Layers", layers);
	char *text;
	int r;

	for (size_t i = 0; i < x->c.n_layers; i++)
		json_array_append_new(layers, json_sprintf("%s.tar", x->c.diff_ids[i].hex));
	text = json_dumps(j, JSON_COMPACT);
	r = export_text(x->archive, "manifest.json", text, strlen(text), e);
	free(text);
	return r;
}

static int export_docker(struct exporting *x, struct err *e)
{
	cleanup_free char *name = xasprintf("%s.json", x->m.config.digest.hex);
	cleanup_buf struct buf config = BUF_INIT;
	int r = blob_read(x->req->store, &x->m.config.digest, CONFIG_MAX_BYTES, &config, e);

	if (r == 0)
		r = export_text(x->archive, name, config.data, config.len, e);
	for (size_t i = 0; r == 0 && i < x->m.n_layers; i++)
		if (is_first_diff(&x->c, i))
			r = export_plain_layer(x, i, e);
	return r < 0 ? r : export_docker_manifest(x, e);
}

static int fill(struct archive *a, void *arg, struct err *e)
{
	struct exporting *x = arg;

	x->archive = a;
	return x->req->format == EXPORT_OCI ? export_oci(x, e)
	       : x->req->format == EXPORT_DOCKER
		       ? export_docker(x, e)
		       : export_tree(x->req->store, &x->req->ref.manifest, a, e);
}

int image_export(const struct export_request *req, struct err *e)
{
	struct exporting x = {.req = req};
	int r = image_load(req->store, &req->ref.manifest, &x.m, &x.c, e);

	if (r < 0)
		return r;
	r = export_archive(req->file, req->format == EXPORT_TAR, fill, &x, e);
	manifest_clear(&x.m);
	config_clear(&x.c);
	return r;
}
