/*
 * blob.c - blobs/sha256: content by its digest.
 *
 * Promises that a blob gets its name only after its digest was computed and its bytes are on disk,
 * and that an existing one replaces a write only after its bytes were read (blob_is_sound). Whoever
 * reads a whole blob checks it again (blob_read, image_install, export, verify).
 */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/new_file.h"
#include "base/ring.h"
#include "image/name/hash.h"
#include "image/store/store.h"

/* The files of tmp/ that already are blobs; several threads add to them. */
struct unnamed {
	pthread_mutex_t lock;
	struct strv files, hexes;
};

struct unnamed *blob_unnamed_new(void)
{
	struct unnamed *u = xcalloc(1, sizeof(*u));

	pthread_mutex_init(&u->lock, NULL);
	return u;
}

/* A download stays, for the next attempt to continue. */
void blob_unnamed_free(struct image_store *s)
{
	struct unnamed *u = take_ptr(s->unnamed);

	if (!u)
		return;
	for (size_t i = 0; i < u->files.n; i++)
		if (!starts_with(u->files.v[i], "tmp/" IMAGE_PART_PREFIX))
			unlinkat(s->fd, u->files.v[i], 0);
	strv_clear(&u->files);
	strv_clear(&u->hexes);
	pthread_mutex_destroy(&u->lock);
	free(u);
}

static char *blob_path(const struct digest *d)
{
	return xasprintf("blobs/sha256/%s", d->hex);
}

/* The path of an existing or future blob; the caller frees it. */
static char *find_blob(const struct image_store *s, const struct digest *d)
{
	char *file = NULL;

	pthread_mutex_lock(&s->unnamed->lock);
	for (size_t i = 0; !file && i < s->unnamed->hexes.n; i++)
		if (streq(s->unnamed->hexes.v[i], d->hex))
			file = xstrdup(s->unnamed->files.v[i]);
	pthread_mutex_unlock(&s->unnamed->lock);
	return file ? file : blob_path(d);
}

bool blob_is_local(const struct image_store *s, const struct digest *d)
{
	cleanup_free char *path = find_blob(s, d);

	return faccessat(s->fd, path, F_OK, AT_SYMLINK_NOFOLLOW) == 0;
}

/*
 * -errno; -ENOENT also for anything but a regular file. O_NONBLOCK: a second store belongs to
 * others and may contain a FIFO.
 */
static int open_in(int storefd, const char *path)
{
	struct stat st;
	cleanup_close int fd = openat(storefd, path,
				      O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);

	if (fd < 0)
		return errno == ELOOP || errno == ENXIO ? -ENOENT : -errno;
	if (fstat(fd, &st) < 0)
		return -errno;
	return S_ISREG(st.st_mode) ? take_fd(&fd) : -ENOENT;
}

int blob_open(const struct image_store *s, const struct digest *d, int *ret_fd, struct err *e)
{
	cleanup_free char *path = blob_path(d), *here = find_blob(s, d);
	int fd = open_in(s->fd, here), lent = fd;

	for (size_t i = 0; lent < 0 && i < s->lender_paths.n; i++)
		lent = open_in(s->lender_fds[i], path);
	if (lent < 0 && fd != -ENOENT)
		return err_sys(e, -fd, "cannot open the blob %s", digest_text(d).s);
	if (lent < 0)
		return err_set(e, ENOENT, "the blob %s is not in the store", digest_text(d).s);
	*ret_fd = lent;
	return 0;
}

static int check_fd(int fd, const struct digest *d, struct err *e)
{
	cleanup_hash struct hash *h = hash_new();
	struct digest actual;
	int r = hash_fd(h, fd, digest_text(d).s, e);

	if (r < 0)
		return r;
	hash_final(h, &actual);
	return digest_equal(&actual, d) ? 0
					: err_set(e, EBADMSG,
						  "the blob %s is corrupt: its bytes have "
						  "another digest",
						  digest_text(d).s);
}

int blob_check(const struct image_store *s, const struct digest *d, struct err *e)
{
	cleanup_close int fd = -1;
	int r = blob_open(s, d, &fd, e);

	return r < 0 ? r : check_fd(fd, d, e);
}

bool blob_is_sound(const struct image_store *s, const struct digest *d)
{
	cleanup_free char *path = find_blob(s, d);
	cleanup_close int fd = open_in(s->fd, path);
	struct err ignored;

	return fd >= 0 && check_fd(fd, d, &ignored) == 0;
}

int blob_stat(const struct image_store *s, const struct digest *d, uint64_t *ret_size,
	      struct err *e)
{
	cleanup_close int fd = -1;
	struct stat st;
	int r = blob_open(s, d, &fd, e);

	if (r < 0)
		return r;
	if (fstat(fd, &st) < 0)
		return err_sys(e, errno, "cannot look at the blob %s", digest_text(d).s);
	*ret_size = (uint64_t)st.st_size;
	return 0;
}

int blob_read(const struct image_store *s, const struct digest *d, size_t max, struct buf *out,
	      struct err *e)
{
	cleanup_close int fd = -1;
	struct digest actual;
	size_t before = out->len;
	int r = blob_open(s, d, &fd, e);

	if (r == 0)
		r = file_read_fd(fd, digest_text(d).s, max, out, e);
	if (r < 0)
		return r;
	hash_bytes(out->data + before, out->len - before, &actual);
	if (!digest_equal(&actual, d))
		return err_set(e, EBADMSG,
			       "the blob %s is corrupt: 'sandbox image verify' says what it "
			       "belongs to",
			       digest_text(d).s);
	return 0;
}

void blob_publish(const struct image_store *s, const char *tmp, const struct digest *d)
{
	struct unnamed *u = s->unnamed;
	size_t i = 0;

	pthread_mutex_lock(&u->lock);
	while (i < u->hexes.n && !streq(u->hexes.v[i], d->hex))
		i++;
	if (i == u->hexes.n) {
		strv_push(&u->hexes, d->hex);
		strv_push(&u->files, tmp);
	} else if (!streq(u->files.v[i], tmp)) {
		/* Of two equal ones the newer was checked last. */
		unlinkat(s->fd, u->files.v[i], 0);
		free(u->files.v[i]);
		u->files.v[i] = xstrdup(tmp);
	}
	pthread_mutex_unlock(&u->lock);
}

bool blob_any_unnamed(const struct image_store *s)
{
	return s->unnamed->files.n > 0;
}

/* Another command that waited for the same download may have been faster. */
static int name_blob(const struct image_store *s, const char *tmp, const char *hex, struct err *e)
{
	cleanup_free char *path = xasprintf("blobs/sha256/%s", hex);
	int r = 0;

	if (renameat(s->fd, tmp, s->fd, path) == 0 ||
	    (errno == ENOENT && faccessat(s->fd, path, F_OK, AT_SYMLINK_NOFOLLOW) == 0))
		return 0;
	/* Somebody has put a directory there. */
	if (errno == EISDIR)
		r = image_store_discard(s, path, e);
	if (r == 0 && renameat(s->fd, tmp, s->fd, path) < 0)
		r = err_sys(e, errno, "cannot store the blob sha256:%s", hex);
	return r;
}

int blob_name_all(const struct image_store *s, struct err *e)
{
	struct unnamed *u = s->unnamed;
	int r = 0;

	if (!blob_any_unnamed(s))
		return 0;
	for (size_t i = 0; r == 0 && i < u->files.n; i++)
		r = name_blob(s, u->files.v[i], u->hexes.v[i], e);
	if (r < 0)
		return r;
	strv_clear(&u->files);
	strv_clear(&u->hexes);
	return sync_dir(s->fd, "blobs/sha256", e);
}

int blob_write(const struct image_store *s, const void *data, size_t len, struct digest *ret,
	       struct err *e)
{
	cleanup_free char *tmp = NULL;
	cleanup_close int fd = -1;
	struct digest digest;
	int r;

	hash_bytes(data, len, &digest);
	if (blob_is_sound(s, &digest)) {
		*ret = digest;
		return 0;
	}
	r = image_store_tmpfile(s, &tmp, &fd, e);
	if (r < 0)
		return r;
	r = write_all(fd, data, len);
	if (r < 0)
		r = err_sys(e, -r, "cannot write the blob %s", digest_text(&digest).s);
	else
		blob_publish(s, tmp, &digest);
	if (r < 0)
		unlinkat(s->fd, tmp, 0);
	else
		*ret = digest;
	return r;
}

/* Hashes in a thread of its own, because that takes as long as writing. */
struct hasher {
	struct ring *ring;
	struct hash *hash;
};

static void *hash_ring(void *arg)
{
	struct hasher *h = arg;
	void *data;
	struct err ignored;
	ssize_t n;

	while ((n = ring_consume(h->ring, &data, &ignored)) > 0)
		hash_update(h->hash, data, (size_t)n);
	return NULL;
}

static int copy_to(struct byte_source in, int fd, uint64_t max, struct ring *ring,
		   uint64_t *ret_size, struct err *e)
{
	uint64_t size = 0;

	for (;;) {
		void *buffer = ring_produce(ring);
		ssize_t n = in.read(in.ctx, buffer, RING_BYTES, e);
		int r;

		if (n < 0)
			return (int)n;
		if (n == 0)
			break;
		size += (uint64_t)n;
		if (size > max)
			return err_set(e, EFBIG, "more than the %llu bytes it may have",
				       (unsigned long long)max);
		r = write_all(fd, buffer, (size_t)n);
		if (r < 0)
			return err_sys(e, -r, "cannot write into the store");
		ring_produced(ring, (size_t)n);
	}
	*ret_size = size;
	return 0;
}

static int copy_hashed(struct byte_source in, int fd, uint64_t max, struct hash *hash,
		       uint64_t *ret_size, struct err *e)
{
	struct hasher h = {.ring = ring_new(), .hash = hash};
	pthread_t thread;
	int r = pthread_create(&thread, NULL, hash_ring, &h);

	if (r) {
		r = err_sys(e, r, "cannot start a thread");
	} else {
		r = copy_to(in, fd, max, h.ring, ret_size, e);
		ring_finish(h.ring, NULL);
		pthread_join(thread, NULL);
	}
	ring_free(h.ring);
	return r;
}

int blob_store(const struct image_store *s, struct byte_source in, uint64_t max,
	       const struct digest *expected, struct digest *ret, uint64_t *ret_size, struct err *e)
{
	cleanup_hash struct hash *h = hash_new();
	cleanup_free char *tmp = NULL;
	cleanup_close int fd = -1;
	struct digest digest;
	uint64_t size = 0;
	int r = image_store_tmpfile(s, &tmp, &fd, e);

	if (r < 0)
		return r;
	r = copy_hashed(in, fd, max, h, &size, e);
	if (r == 0)
		hash_final(h, &digest);
	if (r == 0 && expected->hex[0] && !digest_equal(expected, &digest))
		r = err_set(e, EBADMSG, "its bytes have the digest %s, not %s",
			    digest_text(&digest).s, digest_text(expected).s);
	if (r < 0) {
		unlinkat(s->fd, tmp, 0);
		return r;
	}
	blob_publish(s, tmp, &digest);
	*ret = digest;
	*ret_size = size;
	return 0;
}
