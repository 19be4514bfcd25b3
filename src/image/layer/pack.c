/*
 * pack.c - packs bytes, hashing them before and after.
 *
 *	plain bytes -> hash: diff-id -> zstd -> blob_store()
 */
#include "image/layer/pack.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <zstd.h>

#include "base/cleanup.h"
#include "image/name/hash.h"

#define IN_BYTES   (1u << 20)
#define ZSTD_LEVEL 1
#define LAYER_MAX  (UINT64_C(1) << 40)

struct packing {
	struct byte_source plain;
	struct hash *hash; /* of the uncompressed bytes */
	ZSTD_CCtx *zstd;
	char *buffer;
	size_t start, end;
	bool at_end, flushed;
};

static void packing_clear(struct packing *p)
{
	hash_free(p->hash);
	ZSTD_freeCCtx(p->zstd);
	free(p->buffer);
}

/* The source that blob_store() reads: zstd frames. */
static ssize_t read_packed(void *ctx, void *buf, size_t size, struct err *e)
{
	struct packing *p = ctx;
	ZSTD_outBuffer out = {.dst = buf, .size = size};

	while (!out.pos && !p->flushed) {
		ZSTD_inBuffer in;
		size_t left;

		if (p->start == p->end && !p->at_end) {
			ssize_t n = p->plain.read(p->plain.ctx, p->buffer, IN_BYTES, e);

			if (n < 0)
				return n;
			hash_update(p->hash, p->buffer, (size_t)n);
			p->at_end = n == 0;
			p->start = 0;
			p->end = (size_t)n;
		}
		in = (ZSTD_inBuffer){.src = p->buffer + p->start, .size = p->end - p->start};
		left = ZSTD_compressStream2(p->zstd, &out, &in,
					    p->at_end ? ZSTD_e_end : ZSTD_e_continue);
		if (ZSTD_isError(left))
			return err_set(e, EIO, "cannot pack it: %s", ZSTD_getErrorName(left));
		p->start += in.pos;
		p->flushed = p->at_end && left == 0;
	}
	return (ssize_t)out.pos;
}

static int open_packing(struct packing *p, struct err *e)
{
	p->hash = hash_new();
	p->buffer = xcalloc(1, IN_BYTES);
	p->zstd = ZSTD_createCCtx();
	if (!p->zstd ||
	    ZSTD_isError(ZSTD_CCtx_setParameter(p->zstd, ZSTD_c_compressionLevel, ZSTD_LEVEL)))
		return err_set(e, ENOMEM, "cannot prepare zstd");
	return 0;
}

int layer_pack(const struct image_store *s, struct byte_source plain, struct descriptor *ret_layer,
	       struct digest *ret_diff_id, struct err *e)
{
	__attribute__((cleanup(packing_clear))) struct packing p = {.plain = plain};
	struct byte_source packed = {.read = read_packed, .ctx = &p};
	struct descriptor layer = {.media_type = (char *)MEDIA_OCI_LAYER_ZSTD};
	const struct digest any = {0};
	int r = open_packing(&p, e);

	if (r == 0)
		r = blob_store(s, packed, LAYER_MAX, &any, &layer.digest, &layer.size, e);
	if (r < 0)
		return r;
	hash_final(p.hash, ret_diff_id);
	*ret_layer = layer;
	return 0;
}

char *image_time(time_t t)
{
	char text[40];
	struct tm tm;

	/* The year does not fit: use any time. */
	if (!gmtime_r(&t, &tm) || tm.tm_year > 9999 - 1900 || tm.tm_year < 0)
		gmtime_r(&(time_t){0}, &tm);
	strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%SZ", &tm);
	return xstrdup(text);
}
