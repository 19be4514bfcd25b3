/*
 * build_cache.c - reading caches, and what of this build belongs in one.
 *
 * A cache only saves work: one that cannot be read is told, and the build goes on without it.
 */
#include "build/engine/build_cache.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/log.h"
#include "base/path.h"
#include "image/document/json_read.h"
#include "image/name/hash.h"
#include "image/registry/download.h"
#include "image/store/layer_stack.h"

#define CONFIG_MAX (4u << 20)

/* A registry that a layer comes from, opened by the process that uses it. */
struct opened {
	const struct build_cache_place *place;
	pid_t pid;
	struct registry *registry;
	struct download_from from;
};

struct build_cache {
	const struct build_request *req;
	struct build_cached_list known, noted;
	struct opened opened;
};

static void add(struct build_cached_list *l, const struct build_cached *one)
{
	l->v = xrealloc(l->v, l->n + 1, sizeof(*l->v));
	l->v[l->n++] = *one;
}

int build_cache_open_blob(const char *dir, const struct digest *d, int *ret_fd, struct err *e)
{
	cleanup_free char *path = xasprintf("%s/blobs/sha256/%s", dir, d->hex);
	int fd = file_open_read(AT_FDCWD, path, path, e);

	if (fd < 0)
		return fd;
	*ret_fd = fd;
	return 0;
}

static int open_registry(const struct build_request *req, const struct build_cache_place *place,
			 struct reference *ret_ref, struct registry **ret, struct err *e)
{
	int r = reference_parse(place->ref, req->conf->registry, ret_ref, e);

	return r < 0 ? r : registry_open(req->conf, ret_ref, NULL, REGISTRY_PULL, ret, e);
}

/* The manifest of a directory: that of the first entry of its index. */
static int read_index(const char *dir, struct buf *out, struct err *e)
{
	cleanup_free char *path = path_join(dir, "index.json");
	cleanup_index struct image_index index = {0};
	cleanup_buf struct buf text = BUF_INIT;
	cleanup_close int fd = -1;
	int r = file_read(AT_FDCWD, path, MANIFEST_MAX_BYTES, &text, e);

	if (r == 0)
		r = image_index_parse(text.data, text.len, &index, e);
	if (r == 0 && !index.n)
		r = err_set(e, ENOENT, "'%s' names nothing", path);
	if (r == 0)
		r = build_cache_open_blob(dir, &index.v[0].d.digest, &fd, e);
	return r < 0 ? r : file_read_fd(fd, dir, MANIFEST_MAX_BYTES, out, e);
}

static int read_manifest(const struct build_cache_place *place, struct registry *registry,
			 const struct reference *ref, struct manifest *ret, struct err *e)
{
	cleanup_buf struct buf text = BUF_INIT;
	cleanup_free char *type = NULL;
	struct digest digest;
	int r = registry ? registry_manifest(registry,
					     ref->digest.hex[0] ? digest_text(&ref->digest).s
								: ref->tag,
					     &text, &type, &digest, e)
			 : read_index(place->dir, &text, e);

	if (r == 0)
		r = manifest_parse(text.data, text.len, ret, e);
	if (r == 0 && !streq(ret->config.media_type, BUILD_CACHE_MEDIA_TYPE)) {
		manifest_clear(ret);
		return err_set(e, EBADMSG, "it is not a cache that 'image build' has written");
	}
	return r;
}

static int read_config(const struct build_cache_place *place, struct registry *registry,
		       const struct descriptor *d, struct buf *out, struct err *e)
{
	cleanup_close int fd = -1;
	struct digest actual;
	int r;

	if (d->size > CONFIG_MAX)
		return err_set(e, EFBIG, "its list of layers is larger than 4 MiB");
	if (registry)
		return registry_text(registry, &d->digest, d->size, out, e);
	r = build_cache_open_blob(place->dir, &d->digest, &fd, e);
	if (r == 0)
		r = file_read_fd(fd, place->dir, CONFIG_MAX, out, e);
	if (r < 0)
		return r;
	hash_bytes(out->data, out->len, &actual);
	return digest_equal(&actual, &d->digest)
		       ? 0
		       : err_set(e, EBADMSG, "its list of layers is damaged");
}

static bool read_digest(const json_t *object, const char *key, struct digest *ret)
{
	const char *text = json_string_value(json_object_get(object, key));

	if (!text || !digest_valid_hex(text))
		return false;
	memcpy(ret->hex, text, sizeof(ret->hex));
	return true;
}

/* Records that are not whole are left out: another version may have written them. */
static int take_records(struct build_cache *c, const struct build_cache_place *place,
			const struct buf *text, struct err *e)
{
	cleanup_json json_t *root = NULL;
	const json_t *list;
	int r = json_read(text->data, text->len, "its list of layers", &root, e);

	list = r == 0 ? json_object_get(root, "records") : NULL;
	for (size_t i = 0; i < json_array_size(list) && i < BUILD_CACHE_RECORDS_MAX; i++) {
		const json_t *entry = json_array_get(list, i);
		const json_int_t size = json_integer_value(json_object_get(entry, "size"));
		struct build_cached one = {.from = place};

		one.record.size = size > 0 ? (uint64_t)size : 0;
		one.record.made = json_integer_value(json_object_get(entry, "made"));
		if (size > 0 && read_digest(entry, "key", &one.key) &&
		    read_digest(entry, "diffId", &one.record.diff_id) &&
		    read_digest(entry, "blob", &one.record.blob))
			add(&c->known, &one);
	}
	return r;
}

static int read_place(struct build_cache *c, const struct build_cache_place *place, struct err *e)
{
	cleanup_reference struct reference ref = {0};
	cleanup_manifest struct manifest m = {0};
	cleanup_buf struct buf text = BUF_INIT;
	struct registry *registry = NULL;
	int r = place->ref ? open_registry(c->req, place, &ref, &registry, e) : 0;

	if (r == 0)
		r = read_manifest(place, registry, &ref, &m, e);
	if (r == 0)
		r = read_config(place, registry, &m.config, &text, e);
	if (r == 0)
		r = take_records(c, place, &text, e);
	if (registry)
		registry_close(registry);
	return r;
}

struct build_cache *build_cache_open(const struct build_request *req)
{
	struct build_cache *c = xcalloc(1, sizeof(*c));

	c->req = req;
	for (size_t i = 0; i < req->n_cache_from && !req->no_cache; i++) {
		const struct build_cache_place *place = &req->cache_from[i];
		struct err e;

		if (read_place(c, place, &e) < 0)
			log_note("the cache '%s' is not used: %s",
				 place->ref ? place->ref : place->dir, e.msg);
	}
	return c;
}

static void close_opened(struct opened *o)
{
	if (o->registry && o->pid == getpid())
		registry_close(o->registry);
	*o = (struct opened){0};
}

void build_cache_close(struct build_cache *c)
{
	if (!c)
		return;
	close_opened(&c->opened);
	free(c->known.v);
	free(c->noted.v);
	free(c);
}

static int fetch_from_registry(struct build_cache *c, const struct build_cache_place *place,
			       struct layer_fetch *ret, struct err *e)
{
	struct opened *o = &c->opened;

	if (o->place != place || o->pid != getpid()) {
		cleanup_reference struct reference ref = {0};
		int r;

		close_opened(o);
		r = open_registry(c->req, place, &ref, &o->registry, e);
		if (r < 0)
			return r;
		o->place = place;
		o->pid = getpid();
		o->from = (struct download_from){
			.store = c->req->store, .registries = &o->registry, .n = 1};
	}
	*ret = (struct layer_fetch){download_begin, download_end, &o->from};
	return 0;
}

/* The size goes into the image's manifest. */
static int check_size(const struct build_record *record, uint64_t size, struct err *e)
{
	if (size == record->size)
		return 0;
	return err_set(e, EBADMSG, "it has %" PRIu64 " bytes, and not %" PRIu64, size,
		       record->size);
}

static int fetch_from_dir(struct build_cache *c, const struct build_cached *one, struct err *e)
{
	cleanup_close int fd = -1;
	struct byte_source in = {.read = source_read_fd, .ctx = &fd};
	struct digest digest;
	uint64_t size = 0;
	int r = build_cache_open_blob(one->from->dir, &one->record.blob, &fd, e);

	if (r == 0)
		r = blob_store(c->req->store, in, one->record.size, &one->record.blob, &digest,
			       &size, e);
	return r < 0 ? r : check_size(&one->record, size, e);
}

int build_cache_find(struct build_cache *c, const struct digest *key, struct build_record *ret,
		     struct layer_fetch *ret_fetch, struct err *e)
{
	const struct build_cached *one = NULL;
	struct layer_fetch fetch = {0};
	struct err ignored;
	uint64_t size;
	int r = 0;

	for (size_t i = 0; !one && i < c->known.n; i++)
		if (digest_equal(&c->known.v[i].key, key))
			one = &c->known.v[i];
	if (!one)
		return 0;
	if (blob_stat(c->req->store, &one->record.blob, &size, &ignored) < 0)
		r = one->from->ref ? fetch_from_registry(c, one->from, &fetch, e)
				   : fetch_from_dir(c, one, e);
	else
		r = check_size(&one->record, size, e);
	if (r < 0)
		return r;
	*ret = one->record;
	*ret_fetch = fetch;
	return 1;
}

void build_cache_note(struct build_cache *c, const struct build_record *record)
{
	const struct build_cached one = {.record = *record};

	if (c->req->n_cache_to)
		add(&c->noted, &one);
}

/* Is the layer one of the image's? */
static bool is_in_image(const struct build_state *target, const struct digest *chain)
{
	struct digest at = {0};

	for (size_t i = 0; i < target->m.n_layers; i++) {
		layer_chain_id(&at, &target->diff_ids[i], &at);
		if (digest_equal(&at, chain))
			return true;
	}
	return false;
}

static bool is_noted(const struct build_cache *c, const struct digest *chain)
{
	for (size_t i = 0; i < c->noted.n; i++)
		if (digest_equal(&c->noted.v[i].record.chain, chain))
			return true;
	return false;
}

/*
 * All keys by which the layers are found, also those by which this build has not: a COPY has one of
 * all files of a stage, and one of those that are copied.
 */
static int choose(const struct build_cache *c, int datafd, const struct build_state *target,
		  bool all, struct build_cached_list *out, struct err *e)
{
	cleanup_strv struct strv keys = {0};
	int r = build_record_list(datafd, &keys, e);

	for (size_t i = 0; r == 0 && i < keys.n && out->n < BUILD_CACHE_RECORDS_MAX; i++) {
		struct build_cached one = {0};
		struct err ignored;

		memcpy(one.key.hex, keys.v[i], sizeof(one.key.hex));
		if (build_record_read(datafd, &one.key, &one.record, &ignored) == 0 &&
		    is_noted(c, &one.record.chain) &&
		    (all || is_in_image(target, &one.record.chain)))
			add(out, &one);
	}
	return r;
}

int build_cache_write(const struct build_cache *c, int datafd, const struct build_state *target,
		      struct err *e)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < c->req->n_cache_to; i++) {
		const struct build_cache_place *to = &c->req->cache_to[i];
		struct build_cached_list list = {0};

		r = choose(c, datafd, target, to->all, &list, e);
		if (r == 0)
			r = build_cache_send(c->req, to, &list, e);
		free(list.v);
		if (r < 0)
			err_add(e, "cannot write the cache '%s'", to->ref ? to->ref : to->dir);
	}
	return r;
}
