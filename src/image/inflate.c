/*
 * inflate.c - gzip by ISA-L's inflate, zstd by libzstd.
 *
 * Promises that every member's checksum and length was compared, and that memory stays bounded
 * whatever the stream says of its window.
 */
#include "image/inflate.h"

#include <errno.h>
#include <isa-l/igzip_lib.h>
#include <stdlib.h>
#include <string.h>
#include <zstd.h>

#include "base/mem.h"

#define INPUT_BYTES    (256u << 10)
#define WINDOW_LOG_MAX 27

struct inflate {
	enum compression kind;
	struct byte_source in;
	unsigned char *buffer; /* packed bytes */
	size_t start, end;     /* of what is not used yet */
	bool at_end;	       /* the source has no more */
	bool in_member;
	struct inflate_state gzip;
	ZSTD_DStream *zstd;
};

enum compression inflate_guess(const unsigned char *start, size_t len)
{
	if (len >= 2 && start[0] == 0x1f && start[1] == 0x8b)
		return COMPRESSION_GZIP;
	if (len >= 4 && memcmp(start, "\x28\xb5\x2f\xfd", 4) == 0)
		return COMPRESSION_ZSTD;
	return COMPRESSION_NONE;
}

int inflate_open(enum compression kind, struct byte_source in, struct inflate **ret, struct err *e)
{
	struct inflate *z = xcalloc(1, sizeof(*z));

	z->kind = kind;
	z->in = in;
	if (kind != COMPRESSION_NONE)
		z->buffer = xcalloc(1, INPUT_BYTES);
	if (kind == COMPRESSION_ZSTD) {
		z->zstd = ZSTD_createDStream();
		if (!z->zstd || ZSTD_isError(ZSTD_DCtx_setParameter(z->zstd, ZSTD_d_windowLogMax,
								    WINDOW_LOG_MAX))) {
			inflate_close(z);
			return err_set(e, ENOMEM, "cannot prepare zstd");
		}
	}
	*ret = z;
	return 0;
}

void inflate_close(struct inflate *z)
{
	if (!z)
		return;
	ZSTD_freeDStream(z->zstd);
	free(z->buffer);
	free(z);
}

/* More packed bytes behind those that are left; at_end when there are none. */
static int fill(struct inflate *z, struct err *e)
{
	ssize_t n;

	if (z->start == z->end)
		z->start = z->end = 0;
	if (z->at_end || z->end == INPUT_BYTES)
		return 0;
	n = z->in.read(z->in.ctx, z->buffer + z->end, INPUT_BYTES - z->end, e);
	if (n < 0)
		return (int)n;
	z->at_end = n == 0;
	z->end += (size_t)n;
	return 0;
}

static int corrupt(const char *what, struct err *e)
{
	return err_set(e, EBADMSG, "the %s stream is corrupt", what);
}

static bool only_zeros(const unsigned char *p, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (p[i])
			return false;
	return true;
}

/* Between members: 1 at the next one, 0 at the end, after which there may be zeros alone. */
static int next_member(struct inflate *z, struct err *e)
{
	for (;;) {
		const unsigned char *p = z->buffer + z->start;
		size_t n = z->end - z->start;
		int r;

		if (n >= 2 && p[0] == 0x1f && p[1] == 0x8b)
			break;
		if (n && !only_zeros(p, n) && (n >= 2 || z->at_end))
			return err_set(e, EBADMSG, "there is garbage after the gzip stream");
		if (z->at_end)
			return 0;
		if (n && p[0] != 0x1f)
			z->start = z->end;
		if ((r = fill(z, e)) < 0)
			return r;
	}
	isal_inflate_init(&z->gzip);
	z->gzip.crc_flag = ISAL_GZIP;
	z->in_member = true;
	return 1;
}

static ssize_t read_gzip(struct inflate *z, void *buf, size_t size, struct err *e)
{
	struct inflate_state *s = &z->gzip;

	for (;;) {
		int r = z->in_member ? 1 : next_member(z, e);

		if (r <= 0)
			return r;
		if (z->start == z->end && (r = fill(z, e)) < 0)
			return r;
		s->next_in = z->buffer + z->start;
		s->avail_in = (uint32_t)(z->end - z->start);
		s->next_out = buf;
		s->avail_out = (uint32_t)size;
		if (isal_inflate(s) != ISAL_DECOMP_OK)
			return corrupt("gzip", e);
		z->start = z->end - s->avail_in;
		if (s->block_state == ISAL_BLOCK_FINISH)
			z->in_member = false;
		if (s->avail_out < size)
			return (ssize_t)(size - s->avail_out);
		if (z->in_member && z->start == z->end && z->at_end)
			return err_set(e, EBADMSG, "the gzip stream ends early");
	}
}

static ssize_t read_zstd(struct inflate *z, void *buf, size_t size, struct err *e)
{
	ZSTD_outBuffer out = {.dst = buf, .size = size};

	for (;;) {
		ZSTD_inBuffer in;
		size_t left;
		int r;

		if (z->start == z->end && (r = fill(z, e)) < 0)
			return r;
		if (z->start == z->end && z->at_end && !z->in_member)
			return 0;
		in = (ZSTD_inBuffer){.src = z->buffer + z->start, .size = z->end - z->start};
		left = ZSTD_decompressStream(z->zstd, &out, &in);
		if (ZSTD_isError(left))
			return err_set(e, EBADMSG, "the zstd stream is corrupt: %s",
				       ZSTD_getErrorName(left));
		z->start += in.pos;
		z->in_member = left != 0;
		if (out.pos)
			return (ssize_t)out.pos;
		if (z->start == z->end && z->at_end && left)
			return err_set(e, EBADMSG, "the zstd stream ends early");
	}
}

ssize_t inflate_read(struct inflate *z, void *buf, size_t size, struct err *e)
{
	switch (z->kind) {
	case COMPRESSION_GZIP:
		return read_gzip(z, buf, size, e);
	case COMPRESSION_ZSTD:
		return read_zstd(z, buf, size, e);
	default:
		return z->in.read(z->in.ctx, buf, size, e);
	}
}
