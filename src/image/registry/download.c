/*
 * download.c - one thread a download, which writes the partial file and hashes what it writes; the
 * reader follows in the same file, so that bytes are buffered on disk and not in memory.
 *
 * Promises that a blob gets its name only with the right digest and size, and that wrong bytes are
 * dropped, so that they do not block further attempts.
 */
#include "image/registry/download.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/report.h"
#include "image/name/hash.h"

#define GATHER_BYTES (256u << 10)

struct download {
	struct download_from *from;
	struct digest digest;
	uint64_t size; /* as declared by the manifest */
	int transfer;
	char *path; /* tmp/partial-<hex> */
	int fd;	    /* of the partial file, locked; or of the blob */
	struct hash *hash;
	struct buf pending; /* received, not written yet */
	pthread_t thread;
	bool started;
	atomic_bool cancelled;
	bool restarted; /* what was read before may have been other bytes */

	uint64_t read_at; /* position of the reader */

	pthread_mutex_t lock; /* guards the rest */
	pthread_cond_t more;
	uint64_t available;
	bool done;
	struct err err; /* code 0: no error */
};

static void set_available(struct download *d, uint64_t n)
{
	pthread_mutex_lock(&d->lock);
	d->available = n;
	pthread_cond_broadcast(&d->more);
	pthread_mutex_unlock(&d->lock);
	report_transfer_done(d->transfer, n);
}

/* Writes what has arrived since the last time, for the reader to see. */
static int flush(struct download *d, struct err *e)
{
	size_t len = d->pending.len;
	int r = write_all(d->fd, d->pending.data, len);

	if (r < 0)
		return err_sys(e, -r, "cannot write '%s/%s'", d->from->store->path, d->path);
	hash_update(d->hash, d->pending.data, len);
	buf_reset(&d->pending);
	atomic_fetch_add(&d->from->received, len);
	set_available(d, d->available + len);
	return 0;
}

/* libcurl passes pieces of at most 16 KiB: collects them, to wake the reader less often. */
static int receive(void *ctx, const void *data, size_t len, struct err *e)
{
	struct download *d = ctx;

	if (d->cancelled)
		return err_set(e, ECANCELED, "not needed any more");
	buf_add(&d->pending, data, len);
	return d->pending.len < GATHER_BYTES ? 0 : flush(d, e);
}

/* The server cannot resume. A reader that is ahead would read old bytes: it has to start over. */
static int restart(void *ctx, struct err *e)
{
	struct download *d = ctx;

	buf_reset(&d->pending);
	d->restarted = true;
	pthread_mutex_lock(&d->lock);
	d->available = 0;
	pthread_mutex_unlock(&d->lock);
	if (ftruncate(d->fd, 0) < 0 || lseek(d->fd, 0, SEEK_SET) < 0)
		return err_sys(e, errno, "cannot write '%s/%s'", d->from->store->path, d->path);
	hash_free(d->hash);
	d->hash = hash_new();
	return 0;
}

/* Continues from an earlier attempt, unless that has more bytes than the whole. */
static int take_up(struct download *d, struct err *e)
{
	struct stat st;
	int r;

	if (fstat(d->fd, &st) < 0)
		return err_sys(e, errno, "cannot look at '%s'", d->path);
	d->hash = hash_new();
	if ((uint64_t)st.st_size > d->size)
		return restart(d, e);
	r = hash_fd(d->hash, d->fd, d->path, e);
	if (r == 0)
		set_available(d, (uint64_t)st.st_size);
	return r;
}

/* EBADMSG: wrong bytes. */
static int check_and_publish(struct download *d, struct err *e)
{
	struct digest actual;

	if (d->available != d->size)
		return err_set(e, EBADMSG, "the server gave %llu bytes of %llu",
			       (unsigned long long)d->available, (unsigned long long)d->size);
	hash_final(d->hash, &actual);
	if (!digest_equal(&actual, &d->digest))
		return err_set(e, EBADMSG,
			       "what the server gave has the digest %s: it is corrupt or lies",
			       digest_text(&actual).s);
	blob_publish(d->from->store, d->path, &d->digest);
	return 0;
}

/* What arrived before a failure is kept for the next attempt. */
static int fetch(struct download *d, struct registry *from, const struct blob_sink *sink,
		 struct err *e)
{
	struct err late;
	int r = registry_blob(from, &d->digest, d->available, d->size, sink, e);

	if (flush(d, &late) < 0 && r == 0) {
		*e = late;
		r = -e->code;
	}
	return r;
}

/*
 * Wrong bytes are never kept, neither for the next server nor for the next attempt. If some came
 * from an earlier one, this server is asked for all of them.
 */
static int fetch_whole(struct download *d, struct registry *from, const struct blob_sink *sink,
		       struct err *e)
{
	struct err late;

	for (;;) {
		bool mixed = d->available > 0;
		int r = d->available < d->size ? fetch(d, from, sink, e) : 0;

		if (r == 0)
			r = check_and_publish(d, e);
		if (r != -EBADMSG)
			return r;
		if (restart(d, &late) < 0) {
			*e = late;
			return -e->code;
		}
		if (!mixed)
			return r;
	}
}

static int transfer(struct download *d, struct err *e)
{
	struct blob_sink sink = {.data = receive, .restart = restart, .ctx = d};
	int r = take_up(d, e);

	for (size_t i = 0; r == 0 && i < d->from->n; i++) {
		r = fetch_whole(d, d->from->registries[i], &sink, e);
		if (r == 0 || r == -EINTR || r == -ECANCELED || r == -ENOSPC)
			break;
		if (i + 1 < d->from->n)
			r = 0;
	}
	if (r < 0 && !d->available)
		unlinkat(d->from->store->fd, d->path, 0);
	return r;
}

static void *run(void *arg)
{
	struct download *d = arg;
	struct err e = {0};
	int r = transfer(d, &e);

	pthread_mutex_lock(&d->lock);
	d->done = true;
	d->err = e;
	if (r == 0)
		d->err.code = 0;
	pthread_cond_broadcast(&d->more);
	pthread_mutex_unlock(&d->lock);
	return NULL;
}

/* Waits for bytes beyond what was read; 0 if there will be none. */
static int wait_for_more(struct download *d, uint64_t *ret_available, struct err *e)
{
	int r = 0;

	pthread_mutex_lock(&d->lock);
	while (!d->done && d->read_at >= d->available)
		pthread_cond_wait(&d->more, &d->lock);
	if (d->done && d->err.code) {
		*e = d->err;
		r = -e->code;
	}
	if (r == 0)
		*ret_available = d->available;
	pthread_mutex_unlock(&d->lock);
	return r;
}

/*
 * Returns available bytes, or waits for more; the end is reported only after the digest was
 * checked.
 */
static ssize_t read_behind(void *ctx, void *buf, size_t size, struct err *e)
{
	struct download *d = ctx;
	uint64_t available = 0;
	ssize_t n;

	for (;;) {
		int r = wait_for_more(d, &available, e);

		if (r < 0)
			return r;
		if (d->read_at >= available)
			return 0;
		if (size > available - d->read_at)
			size = available - d->read_at;
		n = pread(d->fd, buf, size, (off_t)d->read_at);
		if (n < 0 && errno != EINTR)
			return err_sys(e, errno, "cannot read '%s'", d->path);
		if (n > 0) {
			d->read_at += (uint64_t)n;
			return n;
		}
		/* A restart has truncated the file: its bytes come again. */
	}
}

static bool is_same_file(const struct download *d)
{
	struct stat held, there;

	return fstat(d->fd, &held) == 0 &&
	       fstatat(d->from->store->fd, d->path, &there, AT_SYMLINK_NOFOLLOW) == 0 &&
	       held.st_ino == there.st_ino && held.st_dev == there.st_dev;
}

/*
 * Opens and locks the partial file; *ret_here is true if the blob has appeared in the store
 * meanwhile, which d->fd is then.
 */
static int open_partial(struct download *d, bool *ret_here, struct err *e)
{
	const struct image_store *s = d->from->store;
	struct err none;

	for (;;) {
		d->fd = openat(s->fd, d->path, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
		if (d->fd < 0)
			return err_sys(e, errno, "cannot make '%s/%s'", s->path, d->path);
		if (!file_trylock(d->fd)) {
			report_transfer_word(d->transfer, "another command fetches it");
			while (flock(d->fd, LOCK_EX) < 0)
				if (errno != EINTR || registry_interrupted())
					return err_sys(e, errno, "cannot lock '%s/%s'", s->path,
						       d->path);
		}
		if (is_same_file(d))
			break;
		close_fd(&d->fd);
		/* It was renamed to be the blob, or removed. */
		if (blob_open(s, &d->digest, &d->fd, &none) == 0) {
			*ret_here = true;
			return 0;
		}
	}
	*ret_here = false;
	return 0;
}

static void download_free(struct download *d)
{
	close_fd(&d->fd);
	hash_free(d->hash);
	buf_free(&d->pending);
	pthread_mutex_destroy(&d->lock);
	pthread_cond_destroy(&d->more);
	free(d->path);
	free(d);
}

static int begin(struct download *d, struct err *e)
{
	bool here;
	int r = open_partial(d, &here, e);

	if (r < 0)
		return r;
	if (here) {
		d->available = d->size;
		d->done = true;
		return 0;
	}
	report_transfer_word(d->transfer, "pulling");
	r = pthread_create(&d->thread, NULL, run, d);
	if (r)
		return err_sys(e, r, "cannot start a thread");
	d->started = true;
	return 0;
}

int download_begin(void *ctx, const struct descriptor *layer, int transfer, void **ret_handle,
		   struct byte_source *ret_source, struct err *e)
{
	struct download *d = xcalloc(1, sizeof(*d));
	int r;

	d->from = ctx;
	d->digest = layer->digest;
	d->size = layer->size;
	d->transfer = transfer;
	d->fd = -1;
	d->pending = (struct buf)BUF_INIT;
	d->path = xasprintf("tmp/" IMAGE_PART_PREFIX "%s", d->digest.hex);
	pthread_mutex_init(&d->lock, NULL);
	pthread_cond_init(&d->more, NULL);
	r = begin(d, e);
	if (r < 0) {
		download_free(d);
		return r;
	}
	*ret_handle = d;
	*ret_source = (struct byte_source){.read = read_behind, .ctx = d};
	return 0;
}

int download_end(void *handle, bool cancel, bool *ret_anew, struct err *e)
{
	struct download *d = handle;
	int r;

	if (cancel)
		d->cancelled = true;
	if (d->started)
		pthread_join(d->thread, NULL);
	r = -d->err.code;
	if (r < 0)
		*e = d->err;
	else
		*ret_anew = d->restarted;
	download_free(d);
	return r;
}
