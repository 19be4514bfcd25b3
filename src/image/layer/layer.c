/*
 * layer.c - the pipeline of one layer.
 *
 *	a thread	packed bytes -> inflate -> ring of large buffers
 *	the caller	ring -> hash (diff-id) -> tar_sizes -> libarchive -> files
 *
 * Promises that a layer whose bytes do not match its diff-id is an error, whatever was written.
 */
#include "image/layer/layer.h"

#include <errno.h>
#include <locale.h>
#include <pthread.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/ring.h"
#include "image/layer/inflate.h"
#include "image/layer/libarchive.h"
#include "image/layer/tar_sizes.h"
#include "image/layer/unpack.h"
#include "image/name/hash.h"

struct pipeline {
	const struct layer_request *req;
	struct ring *ring;
	uint64_t packed; /* bytes read */

	/* used by the consumer */
	struct hash *hash;
	struct tar_sizes sizes;
	uint64_t size;	 /* uncompressed bytes */
	struct err *err; /* of the ring; libarchive cannot pass it on */
	bool failed;
};

static ssize_t read_packed(void *ctx, void *buf, size_t size, struct err *e)
{
	struct pipeline *p = ctx;
	ssize_t n = p->req->packed.read(p->req->packed.ctx, buf, size, e);

	if (n > 0 && p->req->progress)
		p->req->progress(p->req->ctx, p->packed += (uint64_t)n);
	return n;
}

/* Fills a buffer, except the last, so that no tar block is split. */
static ssize_t fill_slot(struct inflate *z, char *slot, size_t *len, struct err *e)
{
	ssize_t n = 0;

	*len = 0;
	while (*len < RING_BYTES && (n = inflate_read(z, slot + *len, RING_BYTES - *len, e)) > 0)
		*len += (size_t)n;
	return n;
}

static int inflate_all(struct pipeline *p, struct err *e)
{
	struct byte_source in = {.read = read_packed, .ctx = p};
	struct inflate *z;
	ssize_t n = 1;
	void *slot;
	int r = inflate_open(COMPRESSION_GUESS, in, &z, e);

	if (r < 0)
		return r;
	while (n > 0 && (slot = ring_produce(p->ring))) {
		size_t len;

		n = fill_slot(z, slot, &len, e);
		if (len)
			ring_produced(p->ring, len);
	}
	inflate_close(z);
	return n < 0 ? (int)n : 0;
}

static void *inflate_thread(void *arg)
{
	struct pipeline *p = arg;
	struct err e = {0};

	ring_finish(p->ring, inflate_all(p, &e) < 0 ? &e : NULL);
	return NULL;
}

/* The next buffer, counted and hashed. */
static ssize_t next_plain(struct pipeline *p, void **data)
{
	ssize_t n = ring_consume(p->ring, data, p->err);

	if (n < 0) {
		p->failed = true;
		return n;
	}
	p->size += (uint64_t)n;
	hash_update(p->hash, *data, (size_t)n);
	if (p->size > p->req->limits.max_bytes) {
		p->failed = true;
		return err_set(p->err, EFBIG,
			       "the layer unpacks to more than %llu bytes: raise [images] max-size "
			       "in sandbox.conf if you trust it",
			       (unsigned long long)p->req->limits.max_bytes);
	}
	return n;
}

static la_ssize_t archive_next(struct archive *a, void *ctx, const void **ret)
{
	struct pipeline *p = ctx;
	void *data;
	ssize_t n = next_plain(p, &data);

	if (n < 0) {
		la.archive_set_error(a, EIO, "cannot read");
		return -1;
	}
	if (n > 0)
		tar_sizes_pass(&p->sizes, data, (size_t)n);
	*ret = data;
	return n;
}

static int unpack_entries(struct pipeline *p, struct archive *a, struct unpack *u, struct err *e)
{
	struct archive_entry *entry;
	int r;

	for (;;) {
		int got = la.archive_read_next_header(a, &entry);

		if (got == ARCHIVE_EOF)
			return 0;
		if (p->failed)
			return -p->err->code;
		if (got != ARCHIVE_OK && got != ARCHIVE_WARN)
			return err_set(e, EBADMSG, "the layer is not an intact tar archive: %s",
				       la.archive_error_string(a) ? la.archive_error_string(a)
								  : "?");
		r = unpack_entry(u, a, entry, e);
		/* The entry's data ended because the stream failed. */
		if (p->failed)
			return -p->err->code;
		if (r < 0)
			return r;
	}
}

static int open_archive(struct pipeline *p, struct archive **ret, struct err *e)
{
	struct archive *a;
	int r = libarchive_reader(&a, e);

	if (r < 0)
		return r;
	if (la.archive_read_support_format_tar(a) != ARCHIVE_OK ||
	    la.archive_read_support_format_empty(a) != ARCHIVE_OK ||
	    la.archive_read_open(a, p, NULL, archive_next, NULL) != ARCHIVE_OK) {
		if (!p->failed)
			err_set(e, EBADMSG, "the layer is not a tar archive: %s",
				la.archive_error_string(a) ? la.archive_error_string(a) : "?");
		la.archive_read_free(a);
		return -e->code;
	}
	*ret = a;
	return 0;
}

/* The diff-id also covers what follows the end of the archive. */
static int drain(struct pipeline *p)
{
	void *rest;
	ssize_t n;

	do
		n = next_plain(p, &rest);
	while (n > 0);
	return (int)n;
}

static int consume(struct pipeline *p, struct layer_notes *notes, struct err *e)
{
	struct archive *a = NULL;
	struct unpack u;
	int fd = dup(p->req->meta_fd), r;
	FILE *meta = fd >= 0 ? fdopen(fd, "w") : NULL;

	if (!meta)
		return err_sys(e, errno, "cannot write the layer's sidecar");
	unpack_init(&u, p->req->dirfd, meta, &p->req->limits, notes);
	r = open_archive(p, &a, e);
	if (r == 0)
		r = unpack_entries(p, a, &u, e);
	if (r == 0)
		r = drain(p);
	if (r == 0)
		r = unpack_finish(&u, e);
	if (a)
		la.archive_read_free(a);
	unpack_clear(&u);
	if (fclose(meta) != 0 && r == 0)
		r = err_sys(e, errno, "cannot write the layer's sidecar");
	return r;
}

/*
 * Names are bytes and must stay so: in a UTF-8 locale libarchive 3.6 would normalize PAX names
 * (NFC), in "C" it passes them as they are. For this thread only.
 */
static int consume_bytes(struct pipeline *p, struct layer_notes *notes, struct err *e)
{
	locale_t bytes = newlocale(LC_CTYPE_MASK, "C", (locale_t)0), before;
	int r;

	if (!bytes)
		return err_sys(e, errno, "cannot use the C locale");
	before = uselocale(bytes);
	r = consume(p, notes, e);
	uselocale(before);
	freelocale(bytes);
	return r;
}

static int check_diff_id(struct pipeline *p, struct digest *ret, struct err *e)
{
	struct digest actual;

	hash_final(p->hash, &actual);
	if (p->req->diff_id.hex[0] && !digest_equal(&actual, &p->req->diff_id))
		return err_set(e, EBADMSG, "its content has the digest %s, its config says %s",
			       digest_text(&actual).s, digest_text(&p->req->diff_id).s);
	if (ret)
		*ret = actual;
	return 0;
}

int layer_unpack(const struct layer_request *req, struct layer_notes *notes,
		 struct digest *ret_diff_id, uint64_t *ret_size, struct err *e)
{
	struct pipeline p = {.req = req, .ring = ring_new(), .hash = hash_new(), .err = e};
	pthread_t thread;
	int r;

	r = pthread_create(&thread, NULL, inflate_thread, &p);
	if (r) {
		r = err_sys(e, r, "cannot start a thread");
	} else {
		r = consume_bytes(&p, notes, e);
		ring_abandon(p.ring);
		pthread_join(thread, NULL);
	}
	if (r == 0)
		r = check_diff_id(&p, ret_diff_id, e);
	if (r == 0 && ret_size)
		*ret_size = p.size;
	hash_free(p.hash);
	ring_free(p.ring);
	return r;
}
