/*
 * build_layer.c - from what a step wrote to a layer of the store, as one that was pulled.
 *
 * The order: the files as a tar, packed into a blob; unpacked from there, so that owners and what
 * else one uid cannot have are in the sidecar; on disk; named; and at last recorded. A build that
 * is killed leaves at most a layer that no record names, which `prune` removes.
 */
#include "build/engine/build_layer.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/log.h"
#include "base/new_file.h"
#include "build/engine/build_cache.h"
#include "build/engine/build_files.h"
#include "image/archive/export_archive.h"
#include "image/archive/export_tree.h"
#include "image/layer/layer_job.h"
#include "image/name/hash.h"
#include "image/registry/registry.h"
#include "image/store/build_record.h"
#include "image/store/layer_stack.h"
#include "store/lease.h"

#define LOCK_FILE "build.lock"

static pthread_mutex_t naming = PTHREAD_MUTEX_INITIALIZER;

void build_layer_init(const struct build *b, const struct build_state *s, const char *text,
		      struct build_layer *ret)
{
	cleanup_free char *time = b->req->time == BUILD_NO_TIME
					  ? xstrdup("")
					  : xasprintf("time %lld\n", (long long)b->req->time);
	char *whole = xasprintf("on %s\n%s%s", s->chain.hex[0] ? s->chain.hex : "scratch", time,
				text);

	*ret = (struct build_layer){.text = whole, .made = b->req->time};
	hash_bytes(whole, strlen(whole), &ret->key);
}

void build_layer_clear(struct build_layer *l)
{
	free(l->text);
	*l = (struct build_layer){0};
}

char *build_layer_log(const struct build_layer *l)
{
	return xasprintf("steps/build-%s.log", l->key.hex);
}

/* Is all of it still there? `rm` of an image knows its own layers only. */
static bool is_whole(const struct image_store *store, const struct build_state *s,
		     const struct build_record *record)
{
	cleanup_free char *path = NULL;
	struct digest chain;
	struct err ignored;
	uint64_t size;

	layer_chain_id(&s->chain, &record->diff_id, &chain);
	path = layer_find(store, &chain);
	return path && blob_stat(store, &record->blob, &size, &ignored) == 0 &&
	       size == record->size;
}

static void say_busy(void)
{
	log_note("another build is at the same step: waiting for it");
}

int build_layer_lock(const struct build *b, const struct build_layer *l, int *ret_fd, struct err *e)
{
	const struct store_work work = {.file = LOCK_FILE,
					.key = l->key.hex,
					.busy = say_busy,
					.stop = registry_interrupted};

	return store_work_lock(b->store.data_fd, b->store.data, &work, ret_fd, e);
}

/* What a step wrote, on its way into an archive. */
struct packing {
	const struct build *b;
	const struct build_state *s;
	const struct build_upper *upper;
};

static int fill_layer(struct archive *a, void *arg, struct err *e)
{
	const struct packing *p = arg;
	const struct upper_rules rules = {.uid = p->upper->uid,
					  .gid = p->upper->gid,
					  .latest = p->b->req->time,
					  .meta_fd = p->upper->meta_fd};

	return export_upper_on(p->b->req->store, p->s->diff_ids, p->s->m.n_layers, p->upper->fd,
			       &rules, a, e);
}

static int settle(const struct build_state *s, const struct image_store *store,
		  struct layer_job *job, struct err *e)
{
	cleanup_build_files struct build_files below = {0};
	int r = build_files_open(s, store, &below, e);

	if (r < 0)
		return r;
	layer_job_run(job);
	if (job->err.code) {
		*e = job->err;
		return -e->code;
	}
	return layer_job_settle(job, below.layers, below.metas, below.n, e);
}

/* One at a time: all blobs that have no name yet get theirs. */
static int publish(const struct image_store *store, struct layer_job *job, struct err *e)
{
	int r;

	pthread_mutex_lock(&naming);
	r = sync_fs(store->fd, store->path, e);
	if (r == 0)
		r = blob_name_all(store, e);
	if (r == 0 && job->settled)
		r = layer_job_publish(job, e);
	pthread_mutex_unlock(&naming);
	return r;
}

/* Unpacks the blob only to find that it has the layer's digest. */
static int compare(struct layer_job *job, struct err *e)
{
	layer_job_run(job);
	if (job->err.code)
		*e = job->err;
	layer_job_forget(job);
	return -job->err.code;
}

/*
 * Unpacks the blob, unless the same layer is there. fetch: as in an install_request. foreign: only a
 * cache says that the blob is that layer.
 */
static int install(const struct build *b, const struct build_state *s,
		   const struct descriptor *layer, const struct digest *diff_id,
		   const struct layer_fetch *fetch, bool foreign, struct err *e)
{
	const struct install_request req = {
		.store = b->req->store, .conf = b->req->conf, .fetch = *fetch};
	struct layer_job job = {
		.req = &req, .blob = layer, .diff_id = *diff_id, .tree_fd = -1, .meta_fd = -1};
	int r = 0;

	layer_chain_id(&s->chain, diff_id, &job.chain);
	job.path = layer_find(b->req->store, &job.chain);
	if (!job.path)
		r = settle(s, b->req->store, &job, e);
	else if (foreign)
		r = compare(&job, e);
	if (r == 0)
		r = publish(b->req->store, &job, e);
	layer_job_clear(&job);
	return r;
}

/* Adds the layer that a record names to the state. */
static int take(const struct build *b, struct build_layer *l, const struct build_record *record,
		struct build_state *s, struct err *e)
{
	struct descriptor layer = {.media_type = (char *)MEDIA_OCI_LAYER_ZSTD,
				   .digest = record->blob,
				   .size = record->size};
	int r = build_state_push(s, &layer, &record->diff_id, e);

	if (r < 0)
		return r;
	l->made = record->made;
	build_cache_note(b->cache, record);
	return 1;
}

/* A layer that another build has made, and that its cache still has. */
static int take_from_cache(const struct build *b, struct build_layer *l, struct build_state *s,
			   struct err *e)
{
	struct descriptor layer = {.media_type = (char *)MEDIA_OCI_LAYER_ZSTD};
	struct layer_fetch fetch = {0};
	struct build_record record;
	int r = build_cache_find(b->cache, &l->key, &record, &fetch, e);

	if (r == 0)
		return 0;
	if (r > 0) {
		layer.digest = record.blob;
		layer.size = record.size;
		layer_chain_id(&s->chain, &record.diff_id, &record.chain);
		r = install(b, s, &layer, &record.diff_id, &fetch, true, e);
	}
	if (r == 0)
		r = build_record_write(b->store.data_fd, &l->key, &record, l->text, e);
	if (r == 0)
		return take(b, l, &record, s, e);
	if (registry_interrupted())
		return r;
	log_note("a layer of the cache is not used: %s", e->msg);
	return 0;
}

int build_layer_find(const struct build *b, struct build_layer *l, struct build_state *s,
		     struct err *e)
{
	struct build_record record;
	struct err ignored;

	if (build_record_read(b->store.data_fd, &l->key, &record, &ignored) == 0 &&
	    is_whole(b->req->store, s, &record))
		return take(b, l, &record, s, e);
	return take_from_cache(b, l, s, e);
}

/* The topmost layer of the state is what the key leads to. */
static int record(const struct build *b, const struct build_layer *l, const struct build_state *s,
		  struct err *e)
{
	size_t top = s->m.n_layers - 1;
	const struct build_record record = {.diff_id = s->diff_ids[top],
					    .chain = s->chain,
					    .blob = s->m.layers[top].digest,
					    .size = s->m.layers[top].size,
					    .made = l->made};

	build_cache_note(b->cache, &record);
	return build_record_write(b->store.data_fd, &l->key, &record, l->text, e);
}

int build_layer_make(const struct build *b, struct build_layer *l, const struct build_upper *upper,
		     struct build_state *s, struct err *e)
{
	const struct layer_fetch none = {0};
	struct descriptor layer = {0};
	struct digest diff_id;
	struct packing p = {.b = b, .s = s, .upper = upper};
	int r = export_layer(b->req->store, fill_layer, &p, &layer, &diff_id, e);

	if (l->made == BUILD_NO_TIME)
		l->made = time(NULL);
	if (r == 0)
		r = install(b, s, &layer, &diff_id, &none, false, e);
	if (r == 0)
		r = build_state_push(s, &layer, &diff_id, e);
	if (r == 0)
		r = record(b, l, s, e);
	return r < 0 ? err_add(e, "cannot keep what the step wrote") : 0;
}

int build_layer_note(const struct build *b, struct build_layer *key, const struct build_layer *of,
		     const struct build_state *s, struct err *e)
{
	key->made = of->made;
	return record(b, key, s, e);
}
