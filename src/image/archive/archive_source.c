/*
 * archive_source.c - see archive_source.h.
 *
 *	fd -> head (a block, to tell the compression) -> inflate
 *	   -> ahead (the first plain bytes, to tell what the archive is of) -> the caller
 *
 * Promises that the caller still reads what was looked at. Refuses anything but a tar.
 */
#include "image/archive/archive_source.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/mem.h"
#include "image/layer/inflate.h"
#include "image/layer/libarchive.h"
#include "image/name/digest.h"

#define BLOCK	     512 /* of a tar; enough for every magic number */
#define READ_BYTES   (1u << 20)
#define MAGIC_AT     257 /* "ustar" in a tar's header */
#define NAME_MAX_LEN 512
#define BLOBS	     "blobs/sha256/"

struct archive_source {
	int fd;
	unsigned char head[BLOCK];
	size_t head_len, head_used;
	struct inflate *inflate;
	char *ahead;
	size_t ahead_len, ahead_used;
	char *block;	   /* buffer of the tar reader */
	struct err failed; /* error of a read inside libarchive */
};

static const char *why(struct archive *a)
{
	return la.archive_error_string(a) ? la.archive_error_string(a) : "out of memory";
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

static ssize_t read_plain(void *ctx, void *buf, size_t size, struct err *e)
{
	struct archive_source *a = ctx;
	size_t left = a->ahead_len - a->ahead_used;

	if (!left)
		return inflate_read(a->inflate, buf, size, e);
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

	if (n < 0) {
		la.archive_set_error(tar, EIO, "%s", a->failed.msg);
		return ARCHIVE_FATAL;
	}
	*ret = a->block;
	return n;
}

int archive_source_tar(struct archive_source *a, struct archive **ret, struct err *e)
{
	struct archive *tar;
	int r = libarchive_reader(&tar, e);

	if (r < 0)
		return r;
	a->block = xcalloc(1, READ_BYTES);
	if (la.archive_read_support_format_tar(tar) != ARCHIVE_OK ||
	    la.archive_read_open(tar, a, NULL, tar_read, NULL) != ARCHIVE_OK)
		r = err_set(e, EBADMSG, "it is not a tar archive: %s", why(tar));
	if (r < 0)
		la.archive_read_free(tar);
	else
		*ret = tar;
	return r;
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
		ssize_t n = inflate_read(a->inflate, a->ahead + a->ahead_len,
					 READ_BYTES - a->ahead_len, e);

		if (n <= 0)
			return (int)n;
		a->ahead_len += (size_t)n;
	}
	return 0;
}

const char *archive_member_name(const char *name)
{
	while (name && (*name == '/' || starts_with(name, "./")))
		name += *name == '/' ? 1 : 2;
	return name && *name && !streq(name, ".") && strlen(name) < NAME_MAX_LEN ? name : NULL;
}

/*
 * What a member name says about its archive. Archives of images only contain documents and layers:
 * those of the layout, of `docker save` (<id>/layer.tar, <id>.json), and variants by other tools
 * (sha256:<id>, c.json, layer.tar.gz). A root file system may also begin with such a name, app.json
 * or blobs/, but has other names too.
 */
enum tells { OF_A_ROOT, OF_EITHER, OF_IMAGES };

static bool is_document(const char *name)
{
	static const char *const ends[] = {".json", ".tar", ".tar.gz", ".tgz", "/VERSION", "/json"};

	for (size_t i = 0; i < ARRAY_SIZE(ends); i++)
		if (ends_with(name, ends[i]))
			return true;
	return streq(name, "repositories");
}

static enum tells name_tells(const char *name, bool is_dir)
{
	cleanup_free char *first = xstrndup(name, strcspn(name, "/."));
	const char *slash = strchr(name, '/');
	bool below = slash && slash[1];

	if (is_dir)
		return starts_with(name, "blobs") || !below ? OF_EITHER : OF_A_ROOT;
	if (streq(name, "oci-layout") || starts_with(name, "sha256:") || digest_valid_hex(first) ||
	    (starts_with(name, BLOBS) && digest_valid_hex(name + strlen(BLOBS))))
		return OF_IMAGES;
	if (below && strchr(slash + 1, '/') && !starts_with(name, "blobs/"))
		return OF_A_ROOT;
	return is_document(name) ? OF_EITHER : OF_A_ROOT;
}

/* Looks at members until they decide. EBADMSG: there are none; *ret_n is their number. */
static enum tells look(struct archive *tar, bool *ret_manifest, int *ret_n)
{
	struct archive_entry *entry;
	int got;

	*ret_manifest = false;
	for (*ret_n = 0;; ++*ret_n) {
		const char *name;
		enum tells tells;

		got = la.archive_read_next_header(tar, &entry);
		if (got != ARCHIVE_OK && got != ARCHIVE_WARN)
			return OF_EITHER;
		name = archive_member_name(la.archive_entry_pathname(entry));
		if (!name)
			continue;
		*ret_manifest |= streq(name, "manifest.json") || streq(name, "index.json");
		tells = name_tells(name, la.archive_entry_filetype(entry) == AE_IFDIR);
		if (tells != OF_EITHER)
			return tells;
	}
}

/* The end of what was read ahead decides nothing, unless it contains no member at all. */
static int look_ahead(const struct archive_source *a, enum tells *ret, struct err *e)
{
	struct archive *tar;
	enum tells tells = OF_EITHER;
	bool manifest;
	int n = 0, r = libarchive_reader(&tar, e);

	if (r < 0)
		return r;
	if (la.archive_read_support_format_tar(tar) == ARCHIVE_OK &&
	    la.archive_read_open_memory(tar, a->ahead, a->ahead_len) == ARCHIVE_OK)
		tells = look(tar, &manifest, &n);
	if (n == 0 && tells == OF_EITHER)
		r = err_set(e, EBADMSG, "it is not a tar archive: %s",
			    la.archive_error_string(tar) ? la.archive_error_string(tar)
							 : "it has no member");
	else
		*ret = tells;
	la.archive_read_free(tar);
	return r;
}

/* Looks at all names of a file: reads it once more, and restores its offset. */
static bool whole_is_bundle(const struct archive_source *a)
{
	cleanup_archive_source struct archive_source *again = NULL;
	off_t at = lseek(a->fd, 0, SEEK_CUR);
	struct archive *tar = NULL;
	enum tells tells = OF_A_ROOT;
	bool manifest = false;
	struct err ignored;
	int n;

	/* A pipe can be read only once: its reader looks for the manifest at the end. */
	if (at < 0)
		return true;
	if (lseek(a->fd, 0, SEEK_SET) == 0 && archive_source_open(a->fd, &again, &ignored) == 0 &&
	    archive_source_tar(again, &tar, &ignored) == 0)
		tells = look(tar, &manifest, &n);
	la.archive_read_free(tar);
	lseek(a->fd, at, SEEK_SET);
	return tells == OF_IMAGES || (tells == OF_EITHER && manifest);
}

bool archive_source_is_bundle(const struct archive_source *a)
{
	enum tells tells;
	struct err ignored;

	if (look_ahead(a, &tells, &ignored) < 0)
		return false;
	return tells == OF_IMAGES || (tells == OF_EITHER && whole_is_bundle(a));
}

int archive_source_open(int fd, struct archive_source **ret, struct err *e)
{
	cleanup_archive_source struct archive_source *a = xcalloc(1, sizeof(*a));
	struct byte_source raw = {.read = read_raw, .ctx = a};
	enum compression kind;
	enum tells ignored;
	int r;

	a->fd = fd;
	r = read_head(a, e);
	if (r < 0)
		return r;
	kind = inflate_guess(a->head, a->head_len);
	/* libarchive handles what has no known magic number. */
	if (kind == COMPRESSION_NONE && !is_ustar(a))
		kind = COMPRESSION_OTHER;
	r = inflate_open(kind, raw, &a->inflate, e);
	if (r == 0)
		r = read_ahead(a, e);
	if (r == 0)
		r = look_ahead(a, &ignored, e);
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
	free(a->ahead);
	free(a->block);
	free(a);
}
