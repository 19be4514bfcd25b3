/*
 * registry_text.c - small blobs, such as configs, in memory.
 */
#include <errno.h>

#include "image/name/hash.h"
#include "image/registry/registry.h"

static int collect(void *ctx, const void *data, size_t len, struct err *e)
{
	(void)e;
	buf_add(ctx, data, len);
	return 0;
}

static int collect_anew(void *ctx, struct err *e)
{
	(void)e;
	buf_reset(ctx);
	return 0;
}

int registry_text(struct registry *r, const struct digest *d, uint64_t size, struct buf *out,
		  struct err *e)
{
	const struct blob_sink sink = {.data = collect, .restart = collect_anew, .ctx = out};
	struct digest actual;
	int n;

	buf_reset(out);
	n = registry_blob(r, d, 0, size, &sink, e);
	if (n < 0)
		return n;
	hash_bytes(out->data, out->len, &actual);
	return digest_equal(&actual, d)
		       ? 0
		       : err_set(e, EBADMSG, "its bytes have the digest %s, not %s",
				 digest_text(&actual).s, digest_text(d).s);
}
