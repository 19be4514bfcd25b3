/*
 * feature_fetch.c - see feature_fetch.h.
 *
 * The tarball of a feature comes from a stranger. It is unpacked as a layer is: beneath a directory,
 * within limits, without owners and without links out of it; nothing of it runs on this machine.
 */
#include "image/feature/feature_fetch.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/path.h"
#include "build/copy_remote.h"
#include "image/document/json_read.h"
#include "image/document/manifest.h"
#include "image/layer/layer.h"
#include "image/name/hash.h"
#include "image/registry/registry.h"

#define LAYER_TYPE    "application/vnd.devcontainers.layer.v1+tar"
#define PACKED_MAX    (64ull << 20)
#define UNPACKED_MAX  (256ull << 20)
#define ENTRIES_MAX   20000
#define ENDPOINTS_MAX 8 /* mirrors that are asked */

struct fetching {
	const struct image_store *store;
	const struct image_conf *conf;
	struct feature *f;
	struct registry *registry; /* that has answered; or NULL */
};

/* The manifest's only layer of the type that features have. */
static int find_layer(const struct buf *manifest, struct digest *ret, uint64_t *ret_size,
		      struct err *e)
{
	cleanup_json json_t *doc = NULL;
	const json_t *layers;
	int r = json_read(manifest->data, manifest->len, "its manifest", &doc, e);

	layers = json_object_get(doc, "layers");
	for (size_t i = 0; r == 0 && i < json_array_size(layers); i++) {
		const json_t *layer = json_array_get(layers, i);
		const char *type = json_string_value(json_object_get(layer, "mediaType"));
		const char *digest = json_string_value(json_object_get(layer, "digest"));
		json_int_t size = json_integer_value(json_object_get(layer, "size"));

		if (!type || !streq(type, LAYER_TYPE) || !digest)
			continue;
		if (size <= 0 || (uint64_t)size > PACKED_MAX)
			return err_set(e, EFBIG, "its tarball has %lld bytes; %llu are allowed",
				       (long long)size, PACKED_MAX);
		*ret_size = (uint64_t)size;
		return digest_parse(digest, ret, e);
	}
	return r < 0 ? r : err_set(e, EBADMSG, "it is no artifact of a feature");
}

/* From a mirror, or the registry itself: the first that answers is asked for the tarball too. */
static int ask(struct fetching *g, const char *endpoint, struct buf *out, struct err *e)
{
	cleanup_free char *name = xasprintf("%s:%s", g->f->resource,
					    *g->f->version ? g->f->version : "latest");
	cleanup_reference struct reference ref = {0};
	cleanup_free char *type = NULL;
	struct digest_text wanted = digest_text(&g->f->digest);
	struct digest digest;
	int r = reference_parse(name, NULL, &ref, e);

	if (r == 0)
		r = registry_open(g->conf, &ref, endpoint, REGISTRY_PULL, &g->registry, e);
	if (r == 0)
		r = registry_manifest(g->registry, g->f->digest.hex[0] ? wanted.s : ref.tag, out,
				      &type, &digest, e);
	if (r == 0)
		r = blob_write(g->store, out->data, out->len, &digest, e);
	if (r == 0)
		g->f->digest = digest;
	return r;
}

static int ask_all(struct fetching *g, struct buf *out, struct err *e)
{
	cleanup_free char *host = xstrndup(g->f->resource, strcspn(g->f->resource, "/"));
	const struct registry_conf *conf = image_conf_registry(g->conf, host);
	struct err ignored;

	for (size_t i = 0; conf && i < conf->mirrors.n && i < ENDPOINTS_MAX; i++) {
		buf_reset(out);
		if (ask(g, conf->mirrors.v[i], out, &ignored) == 0)
			return 0;
		registry_close(g->registry);
		g->registry = NULL;
	}
	buf_reset(out);
	return ask(g, NULL, out, e);
}

struct tarball {
	int fd;
};

static int take(void *ctx, const void *data, size_t len, struct err *e)
{
	const struct tarball *t = ctx;
	int r = write_all(t->fd, data, len);

	return r < 0 ? err_sys(e, -r, "cannot write the tarball") : 0;
}

static int restart(void *ctx, struct err *e)
{
	const struct tarball *t = ctx;

	if (ftruncate(t->fd, 0) < 0 || lseek(t->fd, 0, SEEK_SET) < 0)
		return err_sys(e, errno, "cannot write the tarball");
	return 0;
}

/* Into the store, which checks the digest. */
static int download(struct fetching *g, const struct digest *d, uint64_t size, struct err *e)
{
	struct tarball t = {
		.fd = openat(g->store->fd, "tmp", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600)};
	const struct blob_sink sink = {.data = take, .restart = restart, .ctx = &t};
	struct byte_source in = {.read = source_read_fd, .ctx = &t.fd};
	cleanup_buf struct buf manifest = BUF_INIT;
	struct digest stored;
	int r = 0;

	if (t.fd < 0)
		return err_sys(e, errno, "cannot make a file in '%s/tmp'", g->store->path);
	/* The manifest was here. */
	if (!g->registry)
		r = ask_all(g, &manifest, e);
	if (r == 0)
		r = registry_blob(g->registry, d, 0, size, &sink, e);
	if (r == 0 && lseek(t.fd, 0, SEEK_SET) < 0)
		r = err_sys(e, errno, "cannot read the tarball");
	if (r == 0)
		r = blob_store(g->store, in, size, d, &stored, &size, e);
	close_fd(&t.fd);
	return r;
}

static int get_artifact(struct fetching *g, int *ret_fd, struct err *e)
{
	cleanup_buf struct buf manifest = BUF_INIT;
	struct digest tarball;
	uint64_t size = 0;
	int r = -ENOENT;

	if (g->f->digest.hex[0] && blob_is_local(g->store, &g->f->digest))
		r = blob_read(g->store, &g->f->digest, MANIFEST_MAX_BYTES, &manifest, e);
	if (r < 0)
		r = ask_all(g, &manifest, e);
	if (r == 0)
		r = find_layer(&manifest, &tarball, &size, e);
	if (r == 0 && !blob_is_sound(g->store, &tarball))
		r = download(g, &tarball, size, e);
	return r < 0 ? r : blob_open(g->store, &tarball, ret_fd, e);
}

static int get_url(struct fetching *g, int *ret_fd, struct err *e)
{
	struct copy_remotes *remotes = copy_remotes_new(-1);
	struct copy_remote remote = {.fd = -1};
	cleanup_close int fd = -1;
	struct byte_source in = {.read = source_read_fd, .ctx = &fd};
	struct digest digest;
	uint64_t size;
	int r = 0;

	if (!g->f->digest.hex[0] || !blob_is_sound(g->store, &g->f->digest)) {
		r = copy_remotes_get(remotes, g->f->resource, NULL, PACKED_MAX, &remote, e);
		if (r == -EFBIG)
			r = err_set(e, EFBIG, "its tarball has more than %llu bytes", PACKED_MAX);
		fd = take_fd(&remote.fd);
		if (r == 0 && lseek(fd, 0, SEEK_SET) < 0)
			r = err_sys(e, errno, "cannot read the tarball");
		if (r == 0)
			r = blob_store(g->store, in, PACKED_MAX, &g->f->digest, &digest, &size, e);
		if (r == 0)
			g->f->digest = digest;
	}
	copy_remote_clear(&remote);
	copy_remotes_free(remotes);
	return r < 0 ? r : blob_open(g->store, &g->f->digest, ret_fd, e);
}

static int unpack(struct fetching *g, int tarball, struct strv *trees, struct err *e)
{
	cleanup_free char *tree = NULL, *meta_name = NULL;
	cleanup_close int dir = -1, meta = -1;
	struct layer_notes notes = {0};
	struct layer_request req = {
		.packed = {.read = source_read_fd, .ctx = &tarball},
		.limits = {.max_bytes = UNPACKED_MAX, .max_entries = ENTRIES_MAX}};
	int r = image_store_tmpdir(g->store, &tree, &dir, e);

	if (r < 0)
		return r;
	strv_push(trees, tree);
	r = image_store_tmpfile(g->store, &meta_name, &meta, e);
	if (r < 0)
		return r;
	unlinkat(g->store->fd, meta_name, 0);
	req.dirfd = dir;
	req.meta_fd = meta;
	r = layer_unpack(&req, &notes, NULL, NULL, e);
	layer_notes_clear(&notes);
	if (r == 0)
		g->f->dir = path_join(g->store->path, tree);
	return r;
}

int feature_fetch(const struct image_store *store, const struct image_conf *conf, struct feature *f,
		  struct strv *trees, struct err *e)
{
	struct fetching g = {.store = store, .conf = conf, .f = f};
	cleanup_close int fd = -1;
	int r = f->kind == FEATURE_OCI ? get_artifact(&g, &fd, e) : get_url(&g, &fd, e);

	registry_close(g.registry);
	if (r == 0)
		r = unpack(&g, fd, trees, e);
	return r < 0 ? err_add(e, "cannot get the feature '%s'", f->id) : 0;
}
