/*
 * import_tar.c - plain bytes in, packed bytes out, both hashed on the way.
 *
 *	plain bytes -> hash: diff-id -> zstd -> blob_store()
 */
#include "image/import_tar.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <zstd.h>

#include "base/cleanup.h"
#include "image/hash.h"
#include "image/manifest.h"

#define IN_BYTES     (1u << 20)
#define ZSTD_LEVEL   1
#define LAYER_MAX    (UINT64_C(1) << 40)
#define DEFAULT_PATH "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

struct packing {
	struct byte_source plain;
	struct hash *hash; /* of the plain bytes */
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

/* RFC 3339, as image-spec wants it; SOURCE_DATE_EPOCH makes it reproducible. */
static char *creation_time(void)
{
	const char *epoch = getenv("SOURCE_DATE_EPOCH");
	time_t t = epoch && *epoch ? (time_t)strtoll(epoch, NULL, 10) : time(NULL);
	char text[40];
	struct tm tm;

	/* A year that does not fit: any other time is as good. */
	if (!gmtime_r(&t, &tm) || tm.tm_year > 9999 - 1900 || tm.tm_year < 0)
		gmtime_r(&(time_t){0}, &tm);
	strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%SZ", &tm);
	return xstrdup(text);
}

static int write_documents(const struct image_store *s, const struct digest *diff_id,
			   struct descriptor *layer, struct digest *ret, struct err *e)
{
	struct image_history history = {.created = creation_time(),
					.created_by = xstrdup("sandbox image import")};
	cleanup_config struct image_config c = {.created = creation_time()};
	struct manifest m = {.media_type = (char *)MEDIA_OCI_MANIFEST,
			     .config = {.media_type = (char *)MEDIA_OCI_CONFIG},
			     .layers = layer,
			     .n_layers = 1};
	cleanup_free char *config = NULL, *manifest = NULL;
	int r;

	platform_host(&c.platform);
	c.diff_ids = xcalloc(1, sizeof(*c.diff_ids));
	c.diff_ids[0] = *diff_id;
	c.n_layers = 1;
	strv_push(&c.env, DEFAULT_PATH);
	c.history = xcalloc(1, sizeof(*c.history));
	c.history[0] = history;
	c.n_history = 1;
	config = config_format(&c);
	r = config ? blob_write(s, config, strlen(config), &m.config.digest, e)
		   : err_set(e, ENOMEM, "cannot write the image's config");
	if (r < 0)
		return r;
	m.config.size = strlen(config);
	manifest = manifest_format(&m);
	return manifest ? blob_write(s, manifest, strlen(manifest), ret, e)
			: err_set(e, ENOMEM, "cannot write the image's manifest");
}

int import_tar(const struct image_store *s, struct byte_source plain, struct digest *ret_manifest,
	       struct err *e)
{
	__attribute__((cleanup(packing_clear))) struct packing p = {.plain = plain};
	struct byte_source packed = {.read = read_packed, .ctx = &p};
	struct descriptor layer = {.media_type = (char *)MEDIA_OCI_LAYER_ZSTD};
	const struct digest any = {0};
	struct digest diff_id;
	int r = open_packing(&p, e);

	if (r == 0)
		r = blob_store(s, packed, LAYER_MAX, &any, &layer.digest, &layer.size, e);
	if (r < 0)
		return r;
	hash_final(p.hash, &diff_id);
	return write_documents(s, &diff_id, &layer, ret_manifest, e);
}
