/*
 * copy_whole.c - tries links and renames first; copies if the kernel answers EXDEV or refuses.
 */
#include "base/copy_whole.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/dir.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/new_file.h"

#define COPY_BYTES (1u << 30)
#define MAX_DEPTH  256

int copy_bytes(int in, int out, off_t size)
{
	off_t data = 0, hole;

	while (data < size && (data = lseek(in, data, SEEK_DATA)) >= 0) {
		hole = lseek(in, data, SEEK_HOLE);
		if (hole < 0 || lseek(out, data, SEEK_SET) < 0)
			return -errno;
		while (data < hole) {
			size_t rest = (size_t)(hole - data);
			ssize_t n = sendfile(out, in, &data, rest < COPY_BYTES ? rest : COPY_BYTES);

			if (n < 0)
				return -errno;
			if (n == 0)
				return -EIO;
		}
	}
	if (data < 0 && errno != ENXIO)
		return -errno;
	return ftruncate(out, size) < 0 ? -errno : 0;
}

static int copy_file(int from, const char *name, const struct stat *st, int to, const char *as)
{
	const struct timespec times[2] = {st->st_atim, st->st_mtim};
	cleanup_close int in = openat(from, name, O_RDONLY | O_NONBLOCK | O_NOFOLLOW | O_CLOEXEC);
	cleanup_close int out = -1;
	int r;

	if (in < 0)
		return -errno;
	out = openat(to, as, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (out < 0)
		return -errno;
	r = copy_bytes(in, out, st->st_size);
	if (r == 0 && (fchmod(out, st->st_mode & 07777) < 0 || futimens(out, times) < 0))
		r = -errno;
	return r == 0 ? new_file_write_out(out) : r;
}

static int copy_link(int from, const char *name, const struct stat *st, int to, const char *as)
{
	const struct timespec times[2] = {st->st_atim, st->st_mtim};
	char target[PATH_MAX];
	ssize_t n = readlinkat(from, name, target, sizeof(target) - 1);

	if (n < 0)
		return -errno;
	target[n] = '\0';
	return symlinkat(target, to, as) < 0 || utimensat(to, as, times, AT_SYMLINK_NOFOLLOW) < 0
		       ? -errno
		       : 0;
}

static int copy_any(int from, const char *name, int to, const char *as, int depth);

static int copy_folder(int from, const char *name, const struct stat *st, int to, const char *as,
		       int depth)
{
	const struct timespec times[2] = {st->st_atim, st->st_mtim};
	cleanup_close int in = openat(from, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	cleanup_close int out = -1;
	cleanup_strv struct strv names = {0};
	struct err ignored;
	int r;

	if (in < 0 || mkdirat(to, as, 0700) < 0)
		return -errno;
	out = openat(to, as, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (out < 0)
		return -errno;
	r = depth > MAX_DEPTH ? -ELOOP : dir_names(in, ".", &names, &ignored);
	for (size_t i = 0; r == 0 && i < names.n; i++)
		r = copy_any(in, names.v[i], out, names.v[i], depth + 1);
	if (r == 0 && (fchmod(out, st->st_mode & 07777) < 0 || futimens(out, times) < 0))
		r = -errno;
	return r;
}

static int copy_any(int from, const char *name, int to, const char *as, int depth)
{
	struct stat st;

	if (fstatat(from, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return -errno;
	switch (st.st_mode & S_IFMT) {
	case S_IFREG:
		return copy_file(from, name, &st, to, as);
	case S_IFLNK:
		return copy_link(from, name, &st, to, as);
	case S_IFDIR:
		return copy_folder(from, name, &st, to, as, depth);
	default:
		return -EOPNOTSUPP;
	}
}

/*
 * Copies under a temporary name first, so that the final name is always complete. What was copied
 * may be removed or replaced next, on a file system that knows nothing of this one: so the copy is
 * on disk before.
 */
static int copy_in_place(int from, const char *name, int to, const char *as, struct err *e)
{
	cleanup_free char *tmp = xasprintf("%.200s.part", as);
	int r = file_remove_tree(to, tmp, e);

	if (r < 0)
		return r;
	r = copy_any(from, name, to, tmp, 0);
	if (r == 0 && renameat(to, tmp, to, as) < 0)
		r = -errno;
	if (r < 0) {
		struct err ignored;

		file_remove_tree(to, tmp, &ignored);
		return err_sys(e, -r, "cannot copy '%s'", name);
	}
	return sync_fs(to, name, e);
}

/* Is the cause another file system, or the rules for linking others' files? */
static bool is_in_the_way(int errnum)
{
	return errnum == EXDEV || errnum == EPERM || errnum == EMLINK || errnum == EACCES;
}

int copy_whole(int from, const char *name, int to, const char *as, struct err *e)
{
	int r = file_remove_tree(to, as, e);

	if (r < 0)
		return r;
	if (linkat(from, name, to, as, 0) == 0)
		return 0;
	if (!is_in_the_way(errno))
		return err_sys(e, errno, "cannot link '%s'", name);
	return copy_in_place(from, name, to, as, e);
}

int copy_whole_move(int from, const char *name, int to, const char *as, struct err *e)
{
	int r;

	if (renameat2(from, name, to, as, RENAME_NOREPLACE) == 0)
		return 0;
	if (!is_in_the_way(errno))
		return err_sys(e, errno, "cannot move '%s'", name);
	r = copy_in_place(from, name, to, as, e);
	return r < 0 ? r : file_remove_tree(from, name, e);
}
