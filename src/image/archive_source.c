/*
 * archive_source.c - see archive_source.h.
 *
 *	fd -> head (a block, to tell the compression) -> inflate or libarchive's filters
 *	   -> ahead (the first plain bytes, to tell what the archive is of) -> the caller
 *
 * Promises that what was looked at is read by the caller all the same. Refuses what is no tar.
 */
#include "image/archive_source.h"

#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/mem.h"
#include "image/digest.h"
#include "image/inflate.h"

#define BLOCK	     512 /* of a tar, and enough for every magic number */
#define READ_BYTES   (1u << 20)
#define MAGIC_AT     257 /* "ustar" in a tar's header */
#define NAME_MAX_LEN 512

struct archive_source {
	int fd;
	unsigned char head[BLOCK];
	size_t head_len, head_used;
	struct inflate *inflate; /* or: */
	struct archive *filters; /* or neither: the bytes are plain */
	char *ahead;
	size_t ahead_len, ahead_used;
	char *packed;	   /* what filters read into */
	char *block;	   /* what the tar reader reads into */
	struct err failed; /* why a read ended within libarchive */
};

static const char *why(struct archive *a)
{
	return a && archive_error_string(a) ? archive_error_string(a) : "out of memory";
}

static ssize_t read_raw(void *ctx, void *buf, size_t size, struct err *e)
{
	struct archive_source *a = ctx;
	size_t left = a->head_len - a->head_used;
	ssize_t n;

	if (left) {
		n = (ssize_t)(left < size ? left : size);
		memcpy(buf, a->head + a->head_used, (size_t)n);
		a->head_used += (size_t)n;
		return n;
	}
	do
		n = read(a->fd, buf, size);
	while (n < 0 && errno == EINTR);
	return n < 0 ? err_sys(e, errno, "cannot read it") : n;
}

static la_ssize_t filters_read(struct archive *filters, void *ctx, const void **ret)
{
	struct archive_source *a = ctx;

	(void)filters;
	*ret = a->packed;
	return read_raw(a, a->packed, READ_BYTES, &a->failed);
}

static ssize_t read_unpacked(struct archive_source *a, void *buf, size_t size, struct err *e)
{
	la_ssize_t n;

	if (a->inflate)
		return inflate_read(a->inflate, buf, size, e);
	if (!a->filters)
		return read_raw(a, buf, size, e);
	n = archive_read_data(a->filters, buf, size);
	if (n < 0 && a->failed.code) {
		*e = a->failed;
		return -e->code;
	}
	return n < 0 ? err_set(e, EBADMSG, "it cannot be unpacked: %s", why(a->filters)) : n;
}

static ssize_t read_plain(void *ctx, void *buf, size_t size, struct err *e)
{
	struct archive_source *a = ctx;
	size_t left = a->ahead_len - a->ahead_used;

	if (!left)
		return read_unpacked(a, buf, size, e);
	if (size > left)
		size = left;
	memcpy(buf, a->ahead + a->ahead_used, size);
	a->ahead_used += size;
	return (ssize_t)size;
}

struct byte_source archive_source_plain(struct archive_source *a)
{
	return (struct byte_source){.read = read_plain, .ctx = a};
}

static la_ssize_t tar_read(struct archive *tar, void *ctx, const void **ret)
{
	struct archive_source *a = ctx;
	ssize_t n = read_plain(a, a->block, READ_BYTES, &a->failed);

	*ret = a->block;
	if (n < 0)
		archive_set_error(tar, EIO, "%s", a->failed.msg);
	return n < 0 ? ARCHIVE_FATAL : n;
}

int archive_source_tar(struct archive_source *a, struct archive **ret, struct err *e)
{
	struct archive *tar = archive_read_new();
	int r = 0;

	a->block = xcalloc(1, READ_BYTES);
	if (!tar || archive_read_support_format_tar(tar) != ARCHIVE_OK ||
	    archive_read_open(tar, a, NULL, tar_read, NULL) != ARCHIVE_OK)
		r = err_set(e, EBADMSG, "it is no tar archive: %s", why(tar));
	if (r < 0)
		archive_read_free(tar);
	else
		*ret = tar;
	return r;
}

static int open_filters(struct archive_source *a, struct err *e)
{
	struct archive *f = a->filters = archive_read_new();
	struct archive_entry *entry;

	a->packed = xcalloc(1, READ_BYTES);
	/* Not all that there are: some would run a program of the same name. */
	if (!f || archive_read_support_filter_bzip2(f) != ARCHIVE_OK ||
	    archive_read_support_filter_compress(f) != ARCHIVE_OK ||
	    archive_read_support_filter_lz4(f) != ARCHIVE_OK ||
	    archive_read_support_filter_lzip(f) != ARCHIVE_OK ||
	    archive_read_support_filter_lzma(f) != ARCHIVE_OK ||
	    archive_read_support_filter_xz(f) != ARCHIVE_OK ||
	    archive_read_support_format_raw(f) != ARCHIVE_OK ||
	    archive_read_open(f, a, NULL, filters_read, NULL) != ARCHIVE_OK ||
	    archive_read_next_header(f, &entry) != ARCHIVE_OK)
		return err_set(e, EBADMSG, "it cannot be unpacked: %s", why(f));
	return 0;
}

static int read_head(struct archive_source *a, struct err *e)
{
	size_t got = 0;
	ssize_t n;

	while (got < BLOCK && (n = read_raw(a, a->head + got, BLOCK - got, e)) != 0) {
		if (n < 0)
			return (int)n;
		got += (size_t)n;
	}
	a->head_len = got;
	return got ? 0 : err_set(e, EBADMSG, "it is empty");
}

static bool is_ustar(const struct archive_source *a)
{
	return a->head_len == BLOCK && memcmp(a->head + MAGIC_AT, "ustar", 5) == 0;
}

static int read_ahead(struct archive_source *a, struct err *e)
{
	a->ahead = xcalloc(1, READ_BYTES);
	while (a->ahead_len < READ_BYTES) {
		ssize_t n = read_unpacked(a, a->ahead + a->ahead_len, READ_BYTES - a->ahead_len, e);

		if (n <= 0)
			return (int)n;
		a->ahead_len += (size_t)n;
	}
	return 0;
}

const char *archive_member_name(const char *name)
{
	while (name && starts_with(name, "./"))
		name += 2;
	return name && *name && !streq(name, ".") && strlen(name) < NAME_MAX_LEN ? name : NULL;
}

/*
 * Names that archives of images begin with, and root file systems do not: those of the layout, of
 * `docker save` (<id>/layer.tar, <id>.json), and what other tools write in its place (sha256:<id>,
 * <id>.tar.gz): documents and archives at the top.
 */
static bool is_bundle_name(const char *name)
{
	static const char *const exact[] = {"blobs", "oci-layout", "repositories"};
	static const char *const ends[] = {".json", ".tar", ".tar.gz", ".tgz"};
	cleanup_free char *first = xstrndup(name, strcspn(name, "/."));

	if (starts_with(name, "blobs/") || starts_with(name, "sha256:") || digest_valid_hex(first))
		return true;
	if (strchr(name, '/'))
		return ends_with(name, "/layer.tar");
	for (size_t i = 0; i < ARRAY_SIZE(exact); i++)
		if (streq(name, exact[i]))
			return true;
	for (size_t i = 0; i < ARRAY_SIZE(ends); i++)
		if (ends_with(name, ends[i]))
			return true;
	return false;
}

/* The first member that is no folder tells; a folder may, by its name. EBADMSG: no tar at all. */
static int first_names(const struct archive_source *a, bool *ret_is_bundle, struct err *e)
{
	struct archive *tar = archive_read_new();
	struct archive_entry *entry;
	bool intact = tar && archive_read_support_format_tar(tar) == ARCHIVE_OK &&
		      archive_read_open_memory(tar, a->ahead, a->ahead_len) == ARCHIVE_OK;
	int r = 0;

	*ret_is_bundle = false;
	/* Where what was read ahead ends says nothing; that there is not one member does. */
	for (int n = 0; r == 0; n++) {
		int got = intact ? archive_read_next_header(tar, &entry) : ARCHIVE_FATAL;
		const char *name;

		if (got != ARCHIVE_OK && got != ARCHIVE_WARN) {
			if (n == 0)
				r = err_set(e, EBADMSG, "it is no tar archive: %s",
					    got == ARCHIVE_EOF ? "it has no member" : why(tar));
			break;
		}
		name = archive_member_name(archive_entry_pathname(entry));
		*ret_is_bundle = name && is_bundle_name(name);
		if (*ret_is_bundle || (name && archive_entry_filetype(entry) != AE_IFDIR))
			break;
	}
	archive_read_free(tar);
	return r;
}

bool archive_source_is_bundle(const struct archive_source *a)
{
	bool is_bundle;
	struct err ignored;

	return first_names(a, &is_bundle, &ignored) == 0 && is_bundle;
}

int archive_source_open(int fd, struct archive_source **ret, struct err *e)
{
	cleanup_archive_source struct archive_source *a = xcalloc(1, sizeof(*a));
	struct byte_source raw = {.read = read_raw, .ctx = a};
	enum compression kind;
	bool ignored;
	int r;

	a->fd = fd;
	r = read_head(a, e);
	if (r < 0)
		return r;
	kind = inflate_guess(a->head, a->head_len);
	if (kind != COMPRESSION_NONE)
		r = inflate_open(kind, raw, &a->inflate, e);
	else if (!is_ustar(a))
		r = open_filters(a, e);
	if (r == 0)
		r = read_ahead(a, e);
	if (r == 0)
		r = first_names(a, &ignored, e);
	if (r < 0)
		return r;
	*ret = take_ptr(a);
	return 0;
}

void archive_source_close(struct archive_source *a)
{
	if (!a)
		return;
	inflate_close(a->inflate);
	archive_read_free(a->filters);
	free(a->ahead);
	free(a->packed);
	free(a->block);
	free(a);
}
