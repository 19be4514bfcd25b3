/*
 * inflate.c - gzip by ISA-L, zstd by libzstd, xz by liblzma, others by libarchive.
 *
 * Promises that every member's checksum and length is checked, and that memory stays limited
 * whatever window the stream declares.
 */
#include "image/layer/inflate.h"

#include <errno.h>
#include <isa-l/igzip_lib.h>
#include <lzma.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zstd.h>

#include "base/mem.h"
#include "image/layer/filters.h"

#define INPUT_BYTES    (256u << 10)
#define WINDOW_LOG_MAX 27
#define XZ_MEMORY_MAX  (160u << 20) /* a dictionary of 128 MiB; xz -9 uses 64 */

struct inflate {
	enum compression kind;
	struct byte_source in;
	unsigned char *buffer; /* packed bytes */
	size_t start, end;     /* the unused part */
	bool at_end;	       /* the source is at its end */
	bool in_member;
	struct inflate_state gzip;
	ZSTD_DStream *zstd;
	lzma_stream xz;
	bool xz_ended;
	struct filters *filters;
};

enum compression inflate_guess(const unsigned char *start, size_t len)
{
	static const struct {
		const char *magic;
		size_t len;
		enum compression kind;
	} known[] = {
		{"\x1f\x8b", 2, COMPRESSION_GZIP},
		{"\x28\xb5\x2f\xfd", 4, COMPRESSION_ZSTD},
		{"\xfd"
		 "7zXZ\0",
		 6, COMPRESSION_XZ},
	};

	for (size_t i = 0; i < ARRAY_SIZE(known); i++)
		if (len >= known[i].len && memcmp(start, known[i].magic, known[i].len) == 0)
			return known[i].kind;
	/* A skippable frame, before the data frames (RFC 8878, 3.1.2). */
	if (len >= 4 && (start[0] & 0xf0) == 0x50 && memcmp(start + 1, "\x2a\x4d\x18", 3) == 0)
		return COMPRESSION_ZSTD;
	/* bzip2's letters alone could begin a name. */
	if (len >= 10 && memcmp(start, "BZh", 3) == 0 &&
	    memcmp(start + 4, "\x31\x41\x59\x26\x53\x59", 6) == 0)
		return COMPRESSION_OTHER;
	return COMPRESSION_NONE;
}

int inflate_guess_fd(int fd, enum compression *ret, struct err *e)
{
	unsigned char start[INFLATE_MAGIC_BYTES];
	ssize_t n = pread(fd, start, sizeof(start), 0);

	if (n < 0)
		return err_sys(e, errno, "cannot read it");
	*ret = inflate_guess(start, (size_t)n);
	return 0;
}

/* Returns first what was read to guess. */
static ssize_t read_rest(void *ctx, void *buf, size_t size, struct err *e)
{
	struct inflate *z = ctx;
	size_t left = z->end - z->start;

	if (!left)
		return z->in.read(z->in.ctx, buf, size, e);
	if (size > left)
		size = left;
	memcpy(buf, z->buffer + z->start, size);
	z->start += size;
	return (ssize_t)size;
}

static int prepare_decoder(struct inflate *z, struct err *e)
{
	if (z->kind == COMPRESSION_OTHER)
		return filters_open((struct byte_source){read_rest, z}, &z->filters, e);
	if (z->kind == COMPRESSION_XZ &&
	    lzma_stream_decoder(&z->xz, XZ_MEMORY_MAX, LZMA_CONCATENATED) != LZMA_OK)
		return err_set(e, ENOMEM, "cannot prepare xz");
	if (z->kind != COMPRESSION_ZSTD)
		return 0;
	z->zstd = ZSTD_createDStream();
	if (!z->zstd ||
	    ZSTD_isError(ZSTD_DCtx_setParameter(z->zstd, ZSTD_d_windowLogMax, WINDOW_LOG_MAX)))
		return err_set(e, ENOMEM, "cannot prepare zstd");
	return 0;
}

int inflate_open(enum compression kind, struct byte_source in, struct inflate **ret, struct err *e)
{
	struct inflate *z = xcalloc(1, sizeof(*z));
	int r = 0;

	z->kind = kind;
	z->in = in;
	z->xz = (lzma_stream)LZMA_STREAM_INIT;
	z->buffer = xcalloc(1, INPUT_BYTES);
	if (kind != COMPRESSION_GUESS)
		r = prepare_decoder(z, e);
	if (r < 0) {
		inflate_close(z);
		return r;
	}
	*ret = z;
	return 0;
}

void inflate_close(struct inflate *z)
{
	if (!z)
		return;
	ZSTD_freeDStream(z->zstd);
	lzma_end(&z->xz);
	filters_close(z->filters);
	free(z->buffer);
	free(z);
}

/* Reads more packed bytes after those that are left; sets at_end if there are none. */
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

/* Makes sure that the two bytes that begin a member are there, unless the stream ends before. */
static int fill_magic(struct inflate *z, struct err *e)
{
	size_t n = z->end - z->start;

	/* One of them may be the last of a full buffer. */
	if (n < 2) {
		memmove(z->buffer, z->buffer + z->start, n);
		z->start = 0;
		z->end = n;
	}
	while (z->end - z->start < 2 && !z->at_end) {
		int r = fill(z, e);

		if (r < 0)
			return r;
	}
	return 0;
}

/* Only zeros may follow the last member. 0, or EBADMSG. */
static int check_padding(struct inflate *z, struct err *e)
{
	do {
		int r;

		if (!only_zeros(z->buffer + z->start, z->end - z->start))
			return err_set(e, EBADMSG, "there is garbage after the gzip stream");
		z->start = z->end;
		r = fill(z, e);
		if (r < 0)
			return r;
	} while (z->start != z->end || !z->at_end);
	return 0;
}

/* The next packed byte, or a negative code. */
static int next_byte(struct inflate *z, struct err *e)
{
	int r = z->start == z->end ? fill(z, e) : 0;

	if (r < 0)
		return r;
	if (z->start == z->end)
		return err_set(e, EBADMSG, "the gzip stream ends early");
	return z->buffer[z->start++];
}

static int skip_text(struct inflate *z, struct err *e)
{
	int c;

	do
		c = next_byte(z, e);
	while (c > 0);
	return c;
}

/*
 * A member's header (RFC 1952, 2.3). ISA-L 2.30 could parse it, but forgets the flags if it comes
 * in pieces.
 */
static int skip_header(struct inflate *z, struct err *e)
{
	enum { HEADER_CRC = 2, EXTRA = 4, NAME = 8, COMMENT = 16, RESERVED = 0xe0 };
	int fixed[10], low = 0, high = 0, r = 0;

	for (size_t i = 0; i < 10; i++)
		if ((fixed[i] = next_byte(z, e)) < 0)
			return fixed[i];
	if (fixed[2] != 8 || fixed[3] & RESERVED)
		return corrupt("gzip", e);
	if (fixed[3] & EXTRA && ((low = next_byte(z, e)) < 0 || (high = next_byte(z, e)) < 0))
		return -e->code;
	for (int n = low | high << 8; n > 0 && r >= 0; n--)
		r = next_byte(z, e);
	if (r >= 0 && fixed[3] & NAME)
		r = skip_text(z, e);
	if (r >= 0 && fixed[3] & COMMENT)
		r = skip_text(z, e);
	for (int n = fixed[3] & HEADER_CRC; n > 0 && r >= 0; n--)
		r = next_byte(z, e);
	return r < 0 ? r : 0;
}

/* Between members: 1 at the next one, 0 at the end. */
static int next_member(struct inflate *z, struct err *e)
{
	int r = fill_magic(z, e);

	if (r < 0)
		return r;
	if (inflate_guess(z->buffer + z->start, z->end - z->start) != COMPRESSION_GZIP)
		return check_padding(z, e);
	r = skip_header(z, e);
	if (r < 0)
		return r;
	isal_inflate_init(&z->gzip);
	z->gzip.crc_flag = ISAL_GZIP_NO_HDR_VER;
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

static ssize_t read_xz(struct inflate *z, void *buf, size_t size, struct err *e)
{
	lzma_stream *s = &z->xz;

	s->next_out = buf;
	s->avail_out = size;
	while (s->avail_out == size && !z->xz_ended) {
		lzma_ret r;

		if (z->start == z->end && fill(z, e) < 0)
			return -e->code;
		s->next_in = z->buffer + z->start;
		s->avail_in = z->end - z->start;
		r = lzma_code(s, z->at_end && !s->avail_in ? LZMA_FINISH : LZMA_RUN);
		z->start = z->end - s->avail_in;
		z->xz_ended = r == LZMA_STREAM_END;
		if (r == LZMA_MEMLIMIT_ERROR)
			return err_set(e, EBADMSG, "the xz stream wants more than %u MiB of memory",
				       XZ_MEMORY_MAX >> 20);
		if (r == LZMA_BUF_ERROR && z->at_end)
			return err_set(e, EBADMSG, "the xz stream ends early");
		if (r != LZMA_OK && r != LZMA_STREAM_END && r != LZMA_BUF_ERROR)
			return corrupt("xz", e);
	}
	return (ssize_t)(size - s->avail_out);
}

static int guess(struct inflate *z, struct err *e)
{
	while (z->end < INFLATE_MAGIC_BYTES && !z->at_end) {
		int r = fill(z, e);

		if (r < 0)
			return r;
	}
	z->kind = inflate_guess(z->buffer, z->end);
	return prepare_decoder(z, e);
}

ssize_t inflate_read(struct inflate *z, void *buf, size_t size, struct err *e)
{
	int r = z->kind == COMPRESSION_GUESS ? guess(z, e) : 0;

	if (r < 0)
		return r;
	switch (z->kind) {
	case COMPRESSION_GZIP:
		return read_gzip(z, buf, size, e);
	case COMPRESSION_ZSTD:
		return read_zstd(z, buf, size, e);
	case COMPRESSION_XZ:
		return read_xz(z, buf, size, e);
	case COMPRESSION_OTHER:
		return filters_read(z->filters, buf, size, e);
	default:
		return read_rest(z, buf, size, e);
	}
}
