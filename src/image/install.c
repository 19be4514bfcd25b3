/*
 * install.c - all layers of an image, several at once, published in order.
 *
 *	workers		fetch and unpack the layers that are missing, the lowest first
 *	the caller	waits for each in order and settles it on those below
 *	then		all is written to the disk, once; blobs and layers get their names
 *	at last		the plan, then the name, then index.json
 *
 * Two commands that install the same image take turns (a lock named after the manifest); the second
 * finds the layers there. On failure every settled layer stays: it is complete.
 */
#include "image/install.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/new_file.h"
#include "base/report.h"
#include "image/document/plan_make.h"
#include "image/layer/layer_job.h"
#include "image/layout.h"
#include "image/load.h"
#include "image/name/hash.h"
#include "image/registry/registry.h"
#include "image/store/layer_stack.h"
#include "image/store/plan.h"
#include "store/lease.h"

#define WORKERS_MAX 16
#define WORK_FILE   "image-work.lock"

struct install {
	const struct install_request *req;
	struct layer_job *jobs; /* bottom first */
	size_t n;
	size_t next; /* next one for a worker */
	pthread_mutex_t lock;
	pthread_cond_t changed;
	bool published; /* something was written to disk */
};

static bool is_wanted(const struct install_request *req, const struct layer_job *job)
{
	if (!job->path)
		return true;
	return req->check &&
	       !(req->check->touched &&
		 layer_is_untouched(req->store, job->path, &job->blob->digest, job->blob->size));
}

static void plan_jobs(struct install *in, const struct manifest *m, const struct image_config *c)
{
	struct digest below = {0};

	in->jobs = xcalloc(m->n_layers, sizeof(*in->jobs));
	in->n = m->n_layers;
	for (size_t i = 0; i < in->n; i++) {
		struct layer_job *job = &in->jobs[i];

		job->req = in->req;
		job->blob = &m->layers[i];
		job->diff_id = c->diff_ids[i];
		job->tree_fd = job->meta_fd = -1;
		layer_chain_id(&below, &job->diff_id, &job->chain);
		below = job->chain;
		job->path = layer_find(in->req->store, &job->chain);
		job->is_wanted = is_wanted(in->req, job);
	}
}

static bool goes_on(const struct install *in)
{
	return in->req->check && in->req->check->go_on;
}

static void *work(void *arg)
{
	struct install *in = arg;

	pthread_mutex_lock(&in->lock);
	while (in->next < in->n) {
		struct layer_job *job = &in->jobs[in->next++];

		if (!job->is_wanted)
			continue;
		pthread_mutex_unlock(&in->lock);
		layer_job_run(job);
		pthread_mutex_lock(&in->lock);
		job->done = true;
		/* The rest is useless. */
		if (job->err.code && !goes_on(in))
			in->next = in->n;
		pthread_cond_broadcast(&in->changed);
	}
	pthread_mutex_unlock(&in->lock);
	return NULL;
}

/* The first error of any layer, or 0 once this one is unpacked. */
static int wait_for(struct install *in, size_t i, struct err *e)
{
	int r = 0;

	pthread_mutex_lock(&in->lock);
	while (r == 0 && !in->jobs[i].done) {
		for (size_t j = 0; j < in->n && r == 0 && !goes_on(in); j++)
			if (in->jobs[j].done && in->jobs[j].err.code) {
				*e = in->jobs[j].err;
				r = -e->code;
			}
		if (r == 0)
			pthread_cond_wait(&in->changed, &in->lock);
	}
	if (r == 0 && in->jobs[i].err.code) {
		*e = in->jobs[i].err;
		r = -e->code;
	}
	pthread_mutex_unlock(&in->lock);
	return r;
}

/* Settled layers, top first, with their sidecars. */
struct settled {
	int *dirs, *metas; /* filled from the end */
	size_t n, cap;
};

static void settled_clear(struct settled *s)
{
	for (size_t i = s->cap - s->n; i < s->cap; i++) {
		close_fd(&s->dirs[i]);
		close_fd(&s->metas[i]);
	}
	free(s->dirs);
	free(s->metas);
}

static int settled_add(struct settled *s, const struct install *in, const struct layer_job *job,
		       struct err *e)
{
	cleanup_free char *meta = NULL;
	const char *path = layer_job_place(job, &meta);
	int dir = openat(in->req->store->fd, path, O_PATH | O_DIRECTORY | O_CLOEXEC);

	if (dir < 0)
		return err_sys(e, errno, "cannot open the layer '%s'", path);
	s->n++;
	s->dirs[s->cap - s->n] = dir;
	s->metas[s->cap - s->n] = openat(in->req->store->fd, meta, O_RDONLY | O_CLOEXEC);
	return 0;
}

/* The layers above are then settled on the existing one, which a start uses too. */
static int cannot_check(struct layer_job *job, struct err *e)
{
	const struct layer_check *check = job->req->check;
	cleanup_free char *what = xasprintf(
		job->path ? "cannot be compared: %s" : "is not unpacked: %s", e->msg);

	layer_job_forget(job);
	/* The blob was already reported. */
	if (check->bad_blobs && strv_has(check->bad_blobs, job->blob->digest.hex))
		return 0;
	check->damaged(check->ctx, "layer", &job->chain, what, false);
	return 0;
}

static int settle_in_order(struct install *in, struct err *e)
{
	__attribute__((cleanup(settled_clear))) struct settled s = {
		.dirs = xcalloc(in->n, sizeof(int)),
		.metas = xcalloc(in->n, sizeof(int)),
		.cap = in->n};
	int r = 0;

	for (size_t i = 0; r == 0 && i < in->n; i++) {
		struct layer_job *job = &in->jobs[i];
		size_t top = s.cap - s.n;

		if (job->is_wanted) {
			r = wait_for(in, i, e);
			if (r == 0)
				r = layer_job_settle(job, s.dirs + top, s.metas + top, s.n, e);
			if (r == 0)
				report_transfer_end(job->transfer, "done");
			else if (goes_on(in))
				r = cannot_check(job, e);
		}
		/* If one is missing, those above cannot be made. */
		if (r == 0 && !job->path && !job->tree)
			break;
		if (r == 0)
			r = settled_add(&s, in, job, e);
	}
	return r;
}

/* Gives names to what is complete, after it is on disk. If nothing is new, nothing is synced. */
static int publish(struct install *in, struct err *e)
{
	const struct image_store *s = in->req->store;
	bool any = false;
	int r;

	for (size_t i = 0; i < in->n; i++)
		any |= in->jobs[i].settled;
	if (!any && !blob_any_unnamed(s))
		return 0;
	in->published = true;
	r = sync_fs(s->fd, s->path, e);
	if (r == 0)
		r = blob_name_all(s, e);
	for (size_t i = 0; r == 0 && i < in->n; i++)
		if (in->jobs[i].settled)
			r = layer_job_publish(&in->jobs[i], e);
	return r < 0 || !any ? r : sync_dir(s->fd, "layers", e);
}

/*
 * A manifest also declares sizes. If a blob here has another size, it is corrupt (and repaired
 * later), or the manifest is wrong.
 */
static int check_size(const struct image_store *s, const struct descriptor *d, struct err *e)
{
	cleanup_hash struct hash *h = NULL;
	cleanup_close int fd = -1;
	struct digest actual;
	struct err none;
	struct stat st;

	if (blob_open(s, &d->digest, &fd, &none) < 0 || fstat(fd, &st) < 0 ||
	    (uint64_t)st.st_size == d->size)
		return 0;
	h = hash_new();
	if (hash_fd(h, fd, digest_text(&d->digest).s, &none) < 0)
		return 0;
	hash_final(h, &actual);
	if (!digest_equal(&actual, &d->digest))
		return 0;
	return err_set(e, EBADMSG, "the manifest says that the blob %s has %llu bytes: it has %lld",
		       digest_text(&d->digest).s, (unsigned long long)d->size,
		       (long long)st.st_size);
}

static int check_sizes(const struct image_store *s, const struct manifest *m, struct err *e)
{
	int r = check_size(s, &m->config, e);

	for (size_t i = 0; r == 0 && i < m->n_layers; i++)
		r = check_size(s, &m->layers[i], e);
	return r;
}

static int start_workers(struct install *in, pthread_t *threads, size_t *ret_n, struct err *e)
{
	size_t n = 0, todo = 0, want = (size_t)in->req->conf->parallel;

	for (size_t i = 0; i < in->n; i++) {
		struct layer_job *job = &in->jobs[i];
		char label[13];

		snprintf(label, sizeof(label), "%.12s", job->blob->digest.hex);
		if (job->is_wanted) {
			job->transfer = report_transfer(label, "waiting", job->blob->size);
			todo++;
		}
	}
	if (want > todo)
		want = todo;
	for (; n < want && n < WORKERS_MAX; n++) {
		int r = pthread_create(&threads[n], NULL, work, in);

		if (r && n == 0)
			return err_sys(e, r, "cannot start a thread");
		if (r)
			break;
	}
	*ret_n = n;
	return 0;
}

static int install_layers(struct install *in, struct err *e)
{
	pthread_t threads[WORKERS_MAX];
	size_t n_threads = 0;
	struct err late;
	int r = start_workers(in, threads, &n_threads, e);

	/* No worker: all layers are here already. */
	if (r == 0 && n_threads)
		r = settle_in_order(in, e);
	pthread_mutex_lock(&in->lock);
	in->next = in->n;
	pthread_mutex_unlock(&in->lock);
	for (size_t i = 0; i < n_threads; i++)
		pthread_join(threads[i], NULL);
	if (r == 0)
		return publish(in, e);
	/* What was complete before the failure need not be made again. */
	publish(in, &late);
	return r;
}

static void say_busy(void)
{
	report_line(REPORT_WAITING, "another command is at work on this image: waiting for it");
}

static int lock_image(const struct install_request *req, int *ret_fd, struct err *e)
{
	const struct store_work work = {.file = WORK_FILE,
					.key = req->ref.manifest.hex,
					.busy = say_busy,
					.stop = registry_interrupted};

	return store_work_lock(req->store->fd, req->store->path, &work, ret_fd, e);
}

/* A missing plan is made by the next start. */
static int check_plan(const struct install_request *req, const struct image_config *c,
		      const struct strv *layers, struct err *e)
{
	const struct layer_check *check = req->check;
	const struct digest *manifest = &req->ref.manifest;
	int r = plan_compare(req->store, manifest, c, layers, e);

	if (r != -EBADMSG)
		return r;
	if (check->damaged)
		check->damaged(check->ctx, "plan", manifest, e->msg, check->replace);
	return 0;
}

static int finish(struct install *in, const struct image_config *c, struct err *e)
{
	const struct install_request *req = in->req;
	const struct digest *manifest = &req->ref.manifest;
	bool known = req->check && req->check->touched &&
		     image_plan_is_untouched(req->store->fd, manifest);
	cleanup_strv struct strv layers = {0};
	int r = 0;

	for (size_t i = in->n; i-- > 0;) {
		/* A check that continues has already reported it. */
		if (!in->jobs[i].path)
			return 0;
		strv_push(&layers, in->jobs[i].path);
		known = known && !in->jobs[i].settled;
	}
	if (req->check && !known && (r = check_plan(req, c, &layers, e)) < 0)
		return r;
	if (req->check && !req->check->replace)
		return 0;
	if (!known && (r = plan_make(req->store, manifest, c, &layers, e)) == 0)
		image_plan_note_whole(req->store->fd, manifest);
	if (r == 0 && req->name)
		r = ref_write(req->store->fd, req->name, &req->ref, e);
	if (r == 0 && req->name && !(known && !in->published && layout_is_current(req->store)))
		r = layout_update(req->store, e);
	return r;
}

int image_install(const struct install_request *req, struct err *e)
{
	cleanup_manifest struct manifest m = {0};
	cleanup_config struct image_config c = {0};
	cleanup_close int lock = -1;
	struct install in = {
		.req = req, .lock = PTHREAD_MUTEX_INITIALIZER, .changed = PTHREAD_COND_INITIALIZER};
	int r = lock_image(req, &lock, e);

	if (r == 0)
		r = image_load(req->store, &req->ref.manifest, &m, &c, e);
	if (r == 0)
		r = check_sizes(req->store, &m, e);
	if (r < 0)
		return r;
	plan_jobs(&in, &m, &c);
	r = install_layers(&in, e);
	if (r == 0)
		r = finish(&in, &c, e);
	for (size_t i = 0; i < in.n; i++)
		layer_job_clear(&in.jobs[i]);
	free(in.jobs);
	return r;
}
