/*
 * filters.c - see filters.h. Promises that a failed read is reported with the source's own message.
 */
#include "image/layer/filters.h"

#include <errno.h>
#include <stdlib.h>

#include "base/mem.h"
#include "image/layer/libarchive.h"

#define READ_BYTES (1u << 20)

struct filters {
	struct byte_source in;
	struct archive *archive;
	char *packed;
	struct err failed; /* error of a read inside libarchive */
};

static int cannot(struct filters *f, struct err *e)
{
	const char *why = la.archive_error_string(f->archive);

	if (f->failed.code) {
		*e = f->failed;
		return -e->code;
	}
	return err_set(e, EBADMSG, "it cannot be unpacked: %s", why ? why : "?");
}

static la_ssize_t read_packed(struct archive *a, void *ctx, const void **ret)
{
	struct filters *f = ctx;
	ssize_t n = f->in.read(f->in.ctx, f->packed, READ_BYTES, &f->failed);

	if (n < 0) {
		la.archive_set_error(a, EIO, "%s", f->failed.msg);
		return ARCHIVE_FATAL;
	}
	*ret = f->packed;
	return n;
}

int filters_open(struct byte_source in, struct filters **ret, struct err *e)
{
	struct filters *f = xcalloc(1, sizeof(*f));
	struct archive_entry *entry;
	struct archive *a;
	int r = libarchive_reader(&f->archive, e);

	if (r < 0) {
		free(f);
		return r;
	}
	a = f->archive;
	f->in = in;
	f->packed = xcalloc(1, READ_BYTES);
	/* Not all filters: some run a program of the same name. */
	if (la.archive_read_support_filter_bzip2(a) != ARCHIVE_OK ||
	    la.archive_read_support_filter_compress(a) != ARCHIVE_OK ||
	    la.archive_read_support_filter_lz4(a) != ARCHIVE_OK ||
	    la.archive_read_support_filter_lzip(a) != ARCHIVE_OK ||
	    la.archive_read_support_filter_lzma(a) != ARCHIVE_OK ||
	    la.archive_read_support_format_raw(a) != ARCHIVE_OK ||
	    la.archive_read_open(a, f, NULL, read_packed, NULL) != ARCHIVE_OK ||
	    la.archive_read_next_header(a, &entry) != ARCHIVE_OK) {
		r = cannot(f, e);
		filters_close(f);
		return r;
	}
	/* libarchive would accept 25 levels: a few nested bytes can keep it busy for days. */
	if (la.archive_filter_count(a) > 2) { /* one is the reader itself */
		filters_close(f);
		return err_set(e, EBADMSG, "it is packed more than once");
	}
	*ret = f;
	return 0;
}

ssize_t filters_read(struct filters *f, void *buf, size_t size, struct err *e)
{
	la_ssize_t n = la.archive_read_data(f->archive, buf, size);

	return n < 0 ? cannot(f, e) : n;
}

void filters_close(struct filters *f)
{
	if (!f)
		return;
	la.archive_read_free(f->archive);
	free(f->packed);
	free(f);
}
