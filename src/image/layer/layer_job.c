/*
 * layer_job.c - making one layer of the store.
 *
 * Promises that layers/<chain> appears by one rename, after its sidecar, and after the digest of
 * the uncompressed bytes was found to be the one in the config; and that an existing layer is
 * replaced by one rename too, only if it was found to differ. A corrupt blob of the store is
 * fetched again if possible.
 */
#include "image/layer/layer_job.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/path.h"
#include "base/report.h"
#include "image/layer/compare.h"
#include "image/store/layer_stack.h"

/* The packed bytes: an existing blob, or one being fetched. */
struct packed {
	struct byte_source source;
	int fd;	      /* of the existing blob */
	void *handle; /* of the one being fetched */
};

static ssize_t read_blob(void *ctx, void *buf, size_t size, struct err *e)
{
	struct packed *p = ctx;
	ssize_t n;

	do
		n = read(p->fd, buf, size);
	while (n < 0 && errno == EINTR);
	return n < 0 ? err_sys(e, errno, "cannot read the layer's blob") : n;
}

static int open_packed(struct layer_job *job, struct packed *p, struct err *e)
{
	const struct layer_fetch *fetch = &job->req->fetch;
	int r = job->fetch_blob ? -ENOENT
				: blob_open(job->req->store, &job->blob->digest, &p->fd, e);

	if (r == 0) {
		p->source = (struct byte_source){.read = read_blob, .ctx = p};
		return 0;
	}
	if (r != -ENOENT || !fetch->begin)
		return r;
	return fetch->begin(fetch->ctx, job->blob, job->transfer, &p->handle, &p->source, e);
}

static int close_packed(struct layer_job *job, struct packed *p, bool cancel, bool *ret_anew,
			struct err *e)
{
	int r = p->handle ? job->req->fetch.end(p->handle, cancel, ret_anew, e) : 0;

	close_fd(&p->fd);
	p->handle = NULL;
	return r;
}

static int make_places(struct layer_job *job, struct err *e)
{
	const struct image_store *s = job->req->store;
	int r = image_store_tmpdir(s, &job->tree, &job->tree_fd, e);

	if (r == 0)
		r = image_store_tmpfile(s, &job->meta, &job->meta_fd, e);
	/* The mode of a root that the layer does not list. */
	if (r == 0 && fchmod(job->tree_fd, 0755) < 0)
		r = err_sys(e, errno, "cannot prepare '%s/%s'", s->path, job->tree);
	return r;
}

void layer_job_forget(struct layer_job *job)
{
	const struct image_store *s = job->req->store;
	struct err ignored;

	close_fd(&job->tree_fd);
	close_fd(&job->meta_fd);
	layer_notes_clear(&job->notes);
	if (job->tree)
		file_remove_tree(s->fd, job->tree, &ignored);
	if (job->meta)
		unlinkat(s->fd, job->meta, 0);
	free(take_ptr(job->tree));
	free(take_ptr(job->meta));
}

static void report(void *ctx, uint64_t packed_bytes)
{
	const struct layer_job *job = ctx;

	report_transfer_done(job->transfer, packed_bytes);
}

/* *again: the bytes were wrong, or may have been: another attempt makes sense. */
static int fetch_and_unpack(struct layer_job *job, bool *was_here, bool *again, struct err *e)
{
	struct packed packed = {.fd = -1};
	struct layer_request req = {.diff_id = job->diff_id,
				    .limits = {.max_bytes = job->req->conf->max_size,
					       .max_entries = job->req->conf->max_entries}};
	struct err late;
	int r = open_packed(job, &packed, e);

	*was_here = packed.fd >= 0;
	if (r == 0)
		r = make_places(job, e);
	if (r == 0) {
		req.packed = packed.source;
		req.dirfd = job->tree_fd;
		req.meta_fd = job->meta_fd;
		if (*was_here) {
			req.progress = report;
			req.ctx = job;
			report_transfer_word(job->transfer, "unpacking");
		}
		r = layer_unpack(&req, &job->notes, NULL, NULL, e);
	}
	/*
	 * The download's error explains more than an early end of its bytes; and if the bytes are
	 * malformed, the digest at their end shows whether they were the right ones.
	 */
	*again = false;
	if (close_packed(job, &packed, r < 0 && r != -EBADMSG, again, &late) < 0 &&
	    late.code != ECANCELED) {
		*e = late;
		r = -late.code;
	}
	*again &= r == -EBADMSG;
	return r;
}

/* Replaces a corrupt blob of the store, if it can be fetched again. */
static bool fetch_instead(struct layer_job *job)
{
	job->fetch_blob = job->req->fetch.begin != NULL;
	return job->fetch_blob;
}

/* Unpacking checks the digest of the uncompressed bytes; this checks that of the blob. */
static int check_blob(struct layer_job *job, struct err *e)
{
	const struct layer_check *check = job->req->check;
	int r;

	if (!check)
		return 0;
	if (!check->bad_blobs)
		r = blob_check(job->req->store, &job->blob->digest, e);
	else
		r = strv_has(check->bad_blobs, job->blob->digest.hex)
			    ? err_set(e, EBADMSG, "the blob %s is corrupt or missing",
				      digest_text(&job->blob->digest).s)
			    : 0;
	return (r == -EBADMSG || r == -ENOENT) && fetch_instead(job) ? 0 : r;
}

void layer_job_run(struct layer_job *job)
{
	struct err *e = &job->err;
	bool was_here = false, again = false;
	int r = check_blob(job, e);

	if (r == 0)
		r = fetch_and_unpack(job, &was_here, &again, e);
	if (r == -EBADMSG && (again || (was_here && fetch_instead(job)))) {
		layer_job_forget(job);
		r = fetch_and_unpack(job, &was_here, &again, e);
	}
	if (r == 0 && job->fetch_blob && job->req->check && job->req->check->refetched)
		job->req->check->refetched(job->req->check->ctx, &job->blob->digest);
	if (r < 0)
		err_add(e, "layer %.12s", job->blob->digest.hex);
	else
		e->code = 0;
}

/*
 * Replaces a damaged layer. Boxes may have it mounted: the two trees are exchanged atomically, and
 * the old one gets a name that gc recognizes.
 */
static int exchange(struct layer_job *job, const char *final, struct err *e)
{
	const struct image_store *s = job->req->store;
	cleanup_free char *old = xasprintf("%s" LAYER_OLD "%s", final,
					   job->tree + strlen("tmp/" IMAGE_TMP_PREFIX));

	if (renameat(s->fd, job->tree, s->fd, old) < 0 ||
	    renameat2(s->fd, old, s->fd, final, RENAME_EXCHANGE) < 0)
		return err_sys(e, errno, "cannot replace '%s/%s'", s->path, final);
	return 0;
}

/*
 * The sidecar first: without it the layer does not count. Another command may have made the same
 * layer meanwhile; then, and if nothing was compared, the first one stays.
 */
static int give_name(struct layer_job *job, struct err *e)
{
	const struct image_store *s = job->req->store;
	cleanup_free char *final = xasprintf("layers/%s", job->chain.hex);
	cleanup_free char *meta = xasprintf("%s" LAYER_META, final), *there = NULL;
	int r = 0;

	layer_note_whole(job->meta_fd);
	if (!job->path && (there = layer_find(s, &job->chain))) {
		job->path = take_ptr(there);
		return 0;
	}
	if (renameat(s->fd, job->meta, s->fd, meta) < 0) {
		/* Somebody has put a directory there. */
		r = errno == EISDIR ? image_store_discard(s, meta, e) : 0;
		if (r == 0 && renameat(s->fd, job->meta, s->fd, meta) < 0)
			r = err_sys(e, errno, "cannot make '%s/%s'", s->path, meta);
	}
	if (r < 0)
		return r;
	if (renameat(s->fd, job->tree, s->fd, final) < 0)
		r = errno == EEXIST || errno == ENOTEMPTY || errno == ENOTDIR
			    ? exchange(job, final, e)
			    : err_sys(e, errno, "cannot make '%s/%s'", s->path, final);
	if (r < 0)
		return r;
	free(job->path);
	job->path = take_ptr(final);
	return 0;
}

/* *ret_what stays NULL if the existing one is intact. */
static int compare_with_old(struct layer_job *job, char **ret_what, struct err *e)
{
	const int flags = O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK;
	const struct image_store *s = job->req->store;
	struct layer_tree made = {job->tree_fd, job->meta_fd}, there;
	cleanup_free char *meta = job->path ? xasprintf("%s" LAYER_META, job->path) : NULL;
	cleanup_close int dir = -1, meta_fd = -1;
	int r;

	if (!job->path) {
		*ret_what = xstrdup("is not unpacked");
		return 0;
	}
	dir = openat(s->fd, job->path, flags | O_DIRECTORY);
	meta_fd = openat(s->fd, meta, flags);
	if (dir < 0) {
		*ret_what = xstrdup("is not a directory that can be read");
		return 0;
	}
	there = (struct layer_tree){dir, meta_fd};
	r = layer_compare(&made, &there, ret_what, e);
	if (r >= 0 && !*ret_what && job->req->check->replace)
		layer_note_whole(meta_fd);
	return r < 0 ? r : 0;
}

int layer_job_settle(struct layer_job *job, const int *lowers, const int *lower_metas, size_t n,
		     struct err *e)
{
	const struct layer_check *check = job->req->check;
	cleanup_free char *what = NULL;
	int r = layer_settle(job->tree_fd, job->meta_fd, &job->notes, lowers, lower_metas, n, e);

	if (r == 0 && check)
		r = compare_with_old(job, &what, e);
	if (r < 0)
		return err_add(e, "layer %.12s", job->blob->digest.hex);
	job->settled = !check || (what && check->replace);
	if (what && check->damaged)
		check->damaged(check->ctx, "layer", &job->chain, what, check->replace);
	/* The next one may need the space. */
	if (check && !what)
		layer_job_forget(job);
	return 0;
}

int layer_job_publish(struct layer_job *job, struct err *e)
{
	int r = give_name(job, e);

	if (r < 0)
		return err_add(e, "layer %.12s", job->blob->digest.hex);
	job->settled = false;
	layer_job_forget(job);
	return 0;
}

const char *layer_job_place(const struct layer_job *job, char **ret_meta)
{
	if (job->tree) {
		*ret_meta = xstrdup(job->meta);
		return job->tree;
	}
	*ret_meta = xasprintf("%s" LAYER_META, job->path);
	return job->path;
}

void layer_job_clear(struct layer_job *job)
{
	layer_job_forget(job);
	free(take_ptr(job->path));
}
