/*
 * bundle.c - see bundle.h. Blobs go into the store as they arrive, and are checked if their names
 * contain a digest, so that an archive is read once.
 */
#include "image/archive/bundle.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/path.h"
#include "image/archive/archive_source.h"
#include "image/layer/libarchive.h"

#define BLOB_PREFIX    "blobs/sha256/"
#define BLOB_MAX_BYTES (UINT64_C(1) << 40)
#define LINKS_MAX      8

void bundle_clear(struct bundle *b)
{
	for (size_t i = 0; i < b->n; i++) {
		free(b->v[i].name);
		free(b->v[i].link);
	}
	free(b->v);
	close_fd(&b->layout);
}

static struct bundle_member *add_member(struct bundle *b, const char *name)
{
	b->v = xrealloc(b->v, b->n + 1, sizeof(*b->v));
	b->v[b->n] = (struct bundle_member){.name = xstrdup(name)};
	return &b->v[b->n++];
}

static ssize_t read_member(void *ctx, void *buf, size_t size, struct err *e)
{
	struct archive *a = ctx;
	la_ssize_t n = la.archive_read_data(a, buf, size);

	if (n < 0)
		return err_set(e, EBADMSG, "the archive is damaged: %s",
			       la.archive_error_string(a) ? la.archive_error_string(a) : "?");
	return n;
}

static int store_member(struct bundle *b, struct archive *a, const char *name, uint64_t size,
			struct err *e)
{
	struct byte_source in = {.read = read_member, .ctx = a};
	struct bundle_member *m = add_member(b, name);
	struct digest expected = {0};
	const char *hex = starts_with(name, BLOB_PREFIX) ? name + strlen(BLOB_PREFIX) : "";
	int r;

	if (digest_valid_hex(hex))
		memcpy(expected.hex, hex, sizeof(expected.hex));
	/* Reading an existing blob is less work than writing it again. */
	if (expected.hex[0] && blob_is_sound(b->store, &expected) &&
	    blob_stat(b->store, &expected, &m->size, e) == 0 && m->size == size) {
		m->digest = expected;
		return 0;
	}
	r = blob_store(b->store, in, BLOB_MAX_BYTES, &expected, &m->digest, &m->size, e);
	return r < 0 ? err_add(e, "member '%s'", name) : 0;
}

/* docker save makes equal layers links to one another: "../<id>/layer.tar". */
static void link_member(struct bundle *b, const char *name, const char *target, bool hard)
{
	cleanup_free char *dir = xstrndup(name, (size_t)(path_basename(name) - name));
	cleanup_free char *base = hard ? xstrdup("/") : xasprintf("/%s", dir);
	char *path = path_normalize(base, target);

	memmove(path, path + 1, strlen(path));
	add_member(b, name)->link = path;
}

static int take_entry(struct bundle *b, struct archive *a, struct archive_entry *entry,
		      struct err *e)
{
	const char *name = archive_member_name(la.archive_entry_pathname(entry)),
		   *hard = la.archive_entry_hardlink(entry);
	const char *soft = la.archive_entry_symlink(entry);

	if (!name)
		return 0;
	if (b->n == BUNDLE_MAX_MEMBERS)
		return err_set(e, EFBIG, "it has more than %d members", BUNDLE_MAX_MEMBERS);
	if (hard || (la.archive_entry_filetype(entry) == AE_IFLNK && soft))
		link_member(b, name, hard ? hard : soft, hard != NULL);
	else if (la.archive_entry_filetype(entry) == AE_IFREG)
		return store_member(b, a, name, (uint64_t)la.archive_entry_size(entry), e);
	return 0;
}

int bundle_read_tar(struct bundle *b, struct archive_source *source, struct err *e)
{
	struct archive_entry *entry;
	struct archive *a;
	int got, r = archive_source_tar(source, &a, e);

	if (r < 0)
		return r;
	while (r == 0 && (got = la.archive_read_next_header(a, &entry)) != ARCHIVE_EOF)
		r = got == ARCHIVE_OK || got == ARCHIVE_WARN
			    ? take_entry(b, a, entry, e)
			    : err_set(e, EBADMSG, "the archive is damaged: %s",
				      la.archive_error_string(a) ? la.archive_error_string(a)
								 : "?");
	la.archive_read_free(a);
	return r;
}

int bundle_find(const struct bundle *b, const char *name, const struct bundle_member **ret,
		struct err *e)
{
	const char *at = archive_member_name(name);

	for (int links = 0; links < LINKS_MAX; links++) {
		const struct bundle_member *m = NULL;

		for (size_t i = 0; i < b->n; i++)
			if (at && streq(b->v[i].name, at))
				m = &b->v[i];
		if (!m)
			break;
		if (!m->link) {
			*ret = m;
			return 0;
		}
		at = m->link;
	}
	return err_set(e, ENOENT, "it has no '%s'", name);
}

int bundle_read(const struct bundle *b, const char *name, struct buf *out, struct err *e)
{
	const struct bundle_member *m;
	cleanup_close int fd = -1;
	int r;

	if (b->layout >= 0) {
		r = path_open_nolinks(b->layout, name, O_RDONLY | O_NONBLOCK | O_NOCTTY, 0, &fd, e);
		return r < 0 ? r : file_read_fd(fd, name, MANIFEST_MAX_BYTES, out, e);
	}
	r = bundle_find(b, name, &m, e);
	return r < 0 ? r : blob_read(b->store, &m->digest, MANIFEST_MAX_BYTES, out, e);
}

static int check_size(const struct bundle *b, const struct descriptor *d, struct err *e)
{
	uint64_t size;
	int r = blob_stat(b->store, &d->digest, &size, e);

	if (r == 0 && size != d->size)
		r = err_set(e, EBADMSG, "the blob %s has %llu bytes, not %llu",
			    digest_text(&d->digest).s, (unsigned long long)size,
			    (unsigned long long)d->size);
	return r;
}

static bool is_member(const struct bundle *b, const struct digest *d)
{
	for (size_t i = 0; i < b->n; i++)
		if (digest_equal(&b->v[i].digest, d))
			return true;
	return false;
}

int bundle_need_blob(const struct bundle *b, const struct descriptor *d, struct err *e)
{
	cleanup_free char *path = xasprintf(BLOB_PREFIX "%s", d->digest.hex);
	struct byte_source in = {.read = source_read_fd};
	cleanup_close int fd = -1;
	struct digest same;
	uint64_t size;
	int r;

	if (b->layout < 0) {
		/* An archive may leave out what the store has. */
		r = is_member(b, &d->digest) ? 0 : blob_check(b->store, &d->digest, e);
		return r < 0 ? r : check_size(b, d, e);
	}
	if (blob_is_sound(b->store, &d->digest))
		return check_size(b, d, e);
	r = path_open_nolinks(b->layout, path, O_RDONLY | O_NONBLOCK | O_NOCTTY, 0, &fd, e);
	if (r < 0)
		return r;
	in.ctx = &fd;
	r = blob_store(b->store, in, d->size, &d->digest, &same, &size, e);
	return r < 0 ? err_add(e, "'%s'", path) : check_size(b, d, e);
}
