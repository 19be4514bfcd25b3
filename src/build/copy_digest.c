/*
 * copy_digest.c - what a key is made of.
 *
 * A content is hashed in blocks, of which those that are all zeros only count by their place: so a
 * sparse file of a terabyte takes no longer than what it holds, and has the same digest wherever a
 * file system puts its holes.
 */
#include "build/copy_digest.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file.h"

#define BLOCK 65536

void copy_digest_text(struct buf *out, const char *text)
{
	buf_add(out, text, strlen(text) + 1);
}

static void raw_digest(struct hash *h, unsigned char ret[COPY_STAMP_BYTES])
{
	struct digest d;

	hash_final(h, &d);
	for (size_t i = 0; i < COPY_STAMP_BYTES; i++) {
		unsigned int byte;

		sscanf(d.hex + 2 * i, "%2x", &byte);
		ret[i] = (unsigned char)byte;
	}
}

static bool is_zero(const char *block, size_t len)
{
	return !len || (!block[0] && memcmp(block, block + 1, len - 1) == 0);
}

/* The block in which the data at or after this offset begins; the size, if there is none. */
static off_t skip_hole(int fd, off_t at, off_t size)
{
	off_t data = lseek(fd, at, SEEK_DATA);

	if (data < 0)
		return errno == ENXIO ? size : at;
	return data - data % BLOCK;
}

static int hash_content(struct hash *h, int fd, const struct stat *st)
{
	const bool sparse = st->st_blocks < st->st_size / 512;
	char block[BLOCK];

	for (off_t at = 0; at < st->st_size; at += BLOCK) {
		uint64_t place;
		ssize_t len;

		if (sparse)
			at = skip_hole(fd, at, st->st_size);
		len = file_read_at(fd, block, sizeof(block), at);
		if (len < 0)
			return (int)len;
		if (len == 0)
			break;
		if (is_zero(block, (size_t)len))
			continue;
		place = (uint64_t)at;
		hash_update(h, &place, sizeof(place));
		hash_update(h, block, (size_t)len);
	}
	return 0;
}

static int add_xattrs(struct buf *out, const struct copy_entry *entry, int fd, struct err *e)
{
	struct meta_entry all = {0};
	int r = copy_entry_xattrs(entry, fd, &all, e);

	for (size_t i = 0; r == 0 && i < all.xattr_names.n; i++) {
		uint64_t len = all.xattr_values[i].len;

		copy_digest_text(out, all.xattr_names.v[i]);
		buf_add(out, &len, sizeof(len));
		buf_add(out, all.xattr_values[i].data, len);
	}
	meta_entry_clear(&all);
	return r;
}

static int changed(const struct copy_entry *entry, struct err *e)
{
	return err_set(e, EBUSY, "'%s' changed while it was read", entry->real);
}

int copy_digest_file(const struct copy_entry *entry, int fd, unsigned char ret[COPY_STAMP_BYTES],
		     struct err *e)
{
	cleanup_hash struct hash *h = hash_new();
	cleanup_buf struct buf xattrs = BUF_INIT;
	cleanup_close int opened = -1;
	struct stat st;
	int r;

	if (fd < 0) {
		opened = openat(entry->dir, entry->name,
				O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
		if (opened < 0 || fstat(opened, &st) < 0)
			return err_sys(e, errno, "cannot read '%s'", entry->real);
		if (!copy_stamps_same(&st, &entry->st))
			return changed(entry, e);
	}
	r = hash_content(h, fd < 0 ? opened : fd, &entry->st);
	if (r < 0)
		return err_sys(e, -r, "cannot read '%s'", entry->real);
	r = add_xattrs(&xattrs, entry, opened, e);
	if (r < 0)
		return r;
	hash_update(h, xattrs.data, xattrs.len);
	if (fd < 0 && (fstat(opened, &st) < 0 || !copy_stamps_same(&st, &entry->st)))
		return changed(entry, e);
	raw_digest(h, ret);
	return 0;
}

static int add_link(struct buf *out, const struct copy_entry *entry, struct err *e)
{
	char target[PATH_MAX];
	ssize_t n = readlinkat(entry->dir, entry->name, target, sizeof(target) - 1);

	if (n < 0)
		return err_sys(e, errno, "cannot read the symlink '%s'", entry->real);
	target[n] = '\0';
	copy_digest_text(out, target);
	return 0;
}

static int add_directory(struct buf *out, const struct copy_entry *entry, struct err *e)
{
	cleanup_close int fd = openat(entry->dir, entry->name,
				      O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

	if (fd < 0)
		return err_sys(e, errno, "cannot open '%s'", entry->real);
	return add_xattrs(out, entry, fd, e);
}

/* Has no padding. */
struct numbers {
	uint64_t size;
	uint32_t type, mode, uid, gid, major, minor;
	uint32_t implied, has_content;
	unsigned char content[COPY_STAMP_BYTES];
};

int copy_digest_entry(struct buf *out, const struct copy_entry *entry, const unsigned char *content,
		      struct err *e)
{
	struct numbers n = {
		.size = entry->type == 'f' ? (uint64_t)entry->st.st_size : 0,
		.type = (unsigned char)entry->type,
		.mode = entry->mode,
		.uid = entry->uid,
		.gid = entry->gid,
		.major = entry->major,
		.minor = entry->minor,
		.implied = entry->implied,
		.has_content = content != NULL,
	};

	if (content)
		memcpy(n.content, content, sizeof(n.content));
	copy_digest_text(out, entry->path);
	buf_add(out, &n, sizeof(n));
	if (entry->type == 'l')
		return add_link(out, entry, e);
	return entry->type == 'd' ? add_directory(out, entry, e) : 0;
}
