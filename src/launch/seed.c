/*
 * seed.c - copying an image's directory into what is mounted over it.
 *
 * The tree belongs to the image. Everything is opened by name in an open directory, symlinks are
 * never followed, and only regular files are opened.
 */
#include "launch/seed.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/copy_whole.h"
#include "base/dir.h"
#include "base/mem.h"
#include "base/owner.h"

#define DEPTH_MAX    64 /* nested directories; each is an open descriptor */
#define ENTRIES_MAX  4096
#define BYTES_MAX    (16u << 20) /* limits memory, and the time that a start takes */
#define MODE_MASK    07777
#define COPY_AT_ONCE (1u << 30)

static const char *const nothing[] = {NULL};

/* What was copied so far. whole: however much it is, with the recorded owners. */
struct amount {
	bool whole;
	size_t entries;
	unsigned long long bytes;
};

static int too_much(struct err *e)
{
	return err_set(e, EFBIG,
		       "it has more than %u MiB, %d names or %d directories in directories there",
		       BYTES_MAX >> 20, ENTRIES_MAX, DEPTH_MAX);
}

static int copy_content(int from, int to)
{
	ssize_t n;

	while ((n = sendfile(to, from, NULL, COPY_AT_ONCE)) > 0)
		;
	return n < 0 ? -errno : 0;
}

static void copy_owner(int from, int to)
{
	char text[OWNER_MAX];
	ssize_t n = fgetxattr(from, OWNER_XATTR, text, sizeof(text));

	if (n > 0)
		fsetxattr(to, OWNER_XATTR, text, (size_t)n, 0);
}

static int copy_file(int from, int to, const char *name, const struct stat *st, bool owner)
{
	cleanup_close int in = openat(from, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	cleanup_close int out = -1;
	int r;

	if (in < 0)
		return -errno;
	out = openat(to, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (out < 0)
		return -errno;
	/* A sparse file may be larger than the disk. */
	r = owner ? copy_bytes(in, out, st->st_size) : copy_content(in, out);
	if (owner)
		copy_owner(in, out);
	return r == 0 && fchmod(out, st->st_mode & MODE_MASK) < 0 ? -errno : r;
}

static int copy_link(int from, int to, const char *name)
{
	char text[PATH_MAX];
	ssize_t n = readlinkat(from, name, text, sizeof(text));

	if (n < 0)
		return -errno;
	if ((size_t)n == sizeof(text))
		return -ENAMETOOLONG;
	text[n] = '\0';
	return symlinkat(text, to, name) < 0 ? -errno : 0;
}

static int copy_folder(int from, int to, const char *const *skip, int depth, struct amount *copied,
		       struct err *e);

static int copy_subfolder(int from, int to, const char *name, const struct stat *st, int depth,
			  struct amount *copied, struct err *e)
{
	cleanup_close int in = openat(from, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	cleanup_close int out = -1;
	int r;

	if (in < 0 || mkdirat(to, name, 0700) < 0)
		return err_sys(e, errno, "cannot copy '%s'", name);
	out = openat(to, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (out < 0)
		return err_sys(e, errno, "cannot open '%s'", name);
	r = copy_folder(in, out, nothing, depth + 1, copied, e);
	if (copied->whole)
		copy_owner(in, out);
	if (r == 0 && fchmod(out, st->st_mode & MODE_MASK) < 0)
		return err_sys(e, errno, "cannot copy the mode of '%s'", name);
	return r;
}

static int copy_entry(int from, int to, const char *name, int depth, struct amount *copied,
		      struct err *e)
{
	struct stat st;
	int r = 0;

	if (fstatat(from, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return err_sys(e, errno, "cannot look at '%s'", name);
	copied->bytes += S_ISREG(st.st_mode) ? (unsigned long long)st.st_size : 0;
	if (!copied->whole && (++copied->entries > ENTRIES_MAX || copied->bytes > BYTES_MAX))
		return too_much(e);
	switch (st.st_mode & S_IFMT) {
	case S_IFREG:
		r = copy_file(from, to, name, &st, copied->whole);
		break;
	case S_IFLNK:
		r = copy_link(from, to, name);
		break;
	case S_IFIFO:
		r = mkfifoat(to, name, st.st_mode & MODE_MASK) < 0 ? -errno : 0;
		break;
	case S_IFDIR:
		r = copy_subfolder(from, to, name, &st, depth, copied, e);
		if (r < 0)
			return r;
		break;
	default:
		return 0;
	}
	if (r < 0)
		return err_sys(e, -r, "cannot copy '%s'", name);
	utimensat(to, name, (const struct timespec[]){st.st_atim, st.st_mtim}, AT_SYMLINK_NOFOLLOW);
	return 0;
}

static bool is_skipped(const char *name, const char *const *skip)
{
	for (; *skip; skip++)
		if (streq(name, *skip))
			return true;
	return false;
}

static int copy_folder(int from, int to, const char *const *skip, int depth, struct amount *copied,
		       struct err *e)
{
	cleanup_dir struct dir d = {0};
	int r = depth > DEPTH_MAX ? too_much(e) : dir_open(&d, from, ".", e);

	while (r == 0 && (r = dir_next(&d, e)) > 0)
		r = is_skipped(d.name, skip) ? 0 : copy_entry(from, to, d.name, depth, copied, e);
	return r;
}

int seed_folder(int from, int to, const char *const *skip, struct err *e)
{
	struct amount copied = {0};

	return copy_folder(from, to, skip, 0, &copied, e);
}

int seed_whole(int from, int to, struct err *e)
{
	struct amount copied = {.whole = true};
	struct stat st;
	int r = copy_folder(from, to, nothing, 0, &copied, e);

	if (r < 0)
		return r;
	if (fstat(from, &st) < 0 || fchmod(to, st.st_mode & MODE_MASK) < 0)
		return err_sys(e, errno, "cannot copy its mode");
	copy_owner(from, to);
	return 0;
}
