/*
 * filters.c - see filters.h. Promises that a failed read is told in the source's own words.
 */
#include "image/layer/filters.h"

#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <stdlib.h>

#include "base/mem.h"

#define READ_BYTES (1u << 20)

struct filters {
	struct byte_source in;
	struct archive *archive;
	char *packed;
	struct err failed; /* why a read ended within libarchive */
};

static int cannot(struct filters *f, struct err *e)
{
	const char *why = f->archive ? archive_error_string(f->archive) : NULL;

	if (f->failed.code) {
		*e = f->failed;
		return -e->code;
	}
	return err_set(e, EBADMSG, "it cannot be unpacked: %s", why ? why : "out of memory");
}

static la_ssize_t read_packed(struct archive *a, void *ctx, const void **ret)
{
	struct filters *f = ctx;
	ssize_t n = f->in.read(f->in.ctx, f->packed, READ_BYTES, &f->failed);

	*ret = f->packed;
	if (n < 0)
		archive_set_error(a, EIO, "%s", f->failed.msg);
	return n < 0 ? ARCHIVE_FATAL : n;
}

int filters_open(struct byte_source in, struct filters **ret, struct err *e)
{
	struct filters *f = xcalloc(1, sizeof(*f));
	struct archive *a = f->archive = archive_read_new();
	struct archive_entry *entry;
	int r;

	f->in = in;
	f->packed = xcalloc(1, READ_BYTES);
	/* Not all that there are: some would run a program of the same name. */
	if (!a || archive_read_support_filter_bzip2(a) != ARCHIVE_OK ||
	    archive_read_support_filter_compress(a) != ARCHIVE_OK ||
	    archive_read_support_filter_lz4(a) != ARCHIVE_OK ||
	    archive_read_support_filter_lzip(a) != ARCHIVE_OK ||
	    archive_read_support_filter_lzma(a) != ARCHIVE_OK ||
	    archive_read_support_format_raw(a) != ARCHIVE_OK ||
	    archive_read_open(a, f, NULL, read_packed, NULL) != ARCHIVE_OK ||
	    archive_read_next_header(a, &entry) != ARCHIVE_OK) {
		r = cannot(f, e);
		filters_close(f);
		return r;
	}
	/* libarchive would go on for 25: a few bytes in a few layers keep it busy for days. */
	if (archive_filter_count(a) > 2) { /* one of them is the reader itself */
		filters_close(f);
		return err_set(e, EBADMSG, "it is packed more than once");
	}
	*ret = f;
	return 0;
}

ssize_t filters_read(struct filters *f, void *buf, size_t size, struct err *e)
{
	la_ssize_t n = archive_read_data(f->archive, buf, size);

	return n < 0 ? cannot(f, e) : n;
}

void filters_close(struct filters *f)
{
	if (!f)
		return;
	archive_read_free(f->archive);
	free(f->packed);
	free(f);
}
