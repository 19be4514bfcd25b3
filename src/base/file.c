/*
 * file.c - bounded reading, atomic writing, directories, locks.
 *
 * Promises that a reader sees the old content or the new, never a part of it: also after this
 * program or the machine dies, except for what is written as passing.
 */
#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file_time.h"
#include "base/mem.h"
#include "base/new_file.h"

#define LEASE_MS 2000

static int read_fd(int fd, const char *path, size_t max, struct buf *out, struct file_stamp *ret,
		   struct err *e)
{
	size_t start = out->len, got = 0;
	struct stat st;

	if (fstat(fd, &st) < 0)
		return err_sys(e, errno, "cannot read '%s'", path);
	if (!S_ISREG(st.st_mode))
		return err_set(e, EINVAL, "cannot read '%s': it is not a regular file", path);
	if (st.st_size > 0 && (unsigned long long)st.st_size > max)
		return err_set(e, EFBIG, "'%s' is longer than %zu bytes", path, max);
	for (;;) {
		/*
		 * One byte more than expected, so that the end of the file needs no second read.
		 * Files of /proc report size 0.
		 */
		size_t want = st.st_size > (off_t)got ? (size_t)st.st_size - got + 1 : 4096;
		ssize_t n;

		buf_reserve(out, want);
		n = read(fd, out->data + out->len, want);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0) {
			int saved = errno;

			out->len = start;
			out->data[start] = '\0';
			return err_sys(e, saved, "cannot read '%s'", path);
		}
		out->len += (size_t)n;
		out->data[out->len] = '\0';
		got += (size_t)n;
		if (got > max) {
			out->len = start;
			out->data[start] = '\0';
			return err_set(e, EFBIG, "'%s' is longer than %zu bytes", path, max);
		}
		if (n == 0 || (got == (size_t)st.st_size && (size_t)n < want)) {
			*ret = (struct file_stamp){st.st_ino, st.st_ctim};
			return 0;
		}
	}
}

int file_read_fd(int fd, const char *path, size_t max, struct buf *out, struct err *e)
{
	struct file_stamp ignored;

	return read_fd(fd, path, max, out, &ignored, e);
}

/*
 * O_NONBLOCK: opening a FIFO or a device must not block. Neither must a file with a lease, whose
 * holder the kernel asks to release it; a file server does so at once.
 */
int file_open_read(int dirfd, const char *path, const char *name, struct err *e)
{
	const struct timespec moment = {.tv_nsec = 20000000};
	int fd, errnum, ms = 0;

	do {
		fd = openat(dirfd, path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
		if (fd >= 0)
			return fd;
		errnum = errno;
		if (errnum == EWOULDBLOCK)
			nanosleep(&moment, NULL);
	} while (errnum == EWOULDBLOCK && (ms += 20) < LEASE_MS);
	if (errnum == EWOULDBLOCK)
		return err_set(
			e, EWOULDBLOCK,
			"cannot open '%s': a process holds a lease on it (fcntl(2)) and does not "
			"let go: end it, with 'sandbox stop' if it is in a box",
			name);
	return err_sys(e, errnum, "cannot open '%s'", name);
}

int file_read_stamped(int dirfd, const char *path, size_t max, struct buf *out,
		      struct file_stamp *ret, struct err *e)
{
	cleanup_close int fd = file_open_read(dirfd, path, path, e);

	if (fd < 0)
		return fd;
	return read_fd(fd, path, max, out, ret, e);
}

int file_read(int dirfd, const char *path, size_t max, struct buf *out, struct err *e)
{
	struct file_stamp ignored;

	return file_read_stamped(dirfd, path, max, out, &ignored, e);
}

bool file_has_stamp(int dirfd, const char *path, const struct file_stamp *stamp)
{
	struct stat st;

	return stamp->ino && fstatat(dirfd, path, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
	       st.st_ino == stamp->ino && st.st_ctim.tv_sec == stamp->changed.tv_sec &&
	       st.st_ctim.tv_nsec == stamp->changed.tv_nsec && !file_time_is_fresh_now(&st.st_ctim);
}

void file_read_end(const char *path, size_t max, struct buf *out)
{
	cleanup_close int fd = open(path,
				    O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY);
	off_t size = fd < 0 ? 0 : lseek(fd, 0, SEEK_END);
	ssize_t n;

	if (size <= 0)
		return;
	buf_reserve(out, max + 1);
	n = pread(fd, out->data + out->len, max, size > (off_t)max ? size - (off_t)max : 0);
	if (n > 0)
		out->len += (size_t)n;
	out->data[out->len] = '\0';
}

ssize_t file_read_at(int fd, void *buffer, size_t size, off_t at)
{
	size_t len = 0;

	while (len < size) {
		ssize_t n = pread(fd, (char *)buffer + len, size - len, at + (off_t)len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		if (n == 0)
			break;
		len += (size_t)n;
	}
	return (ssize_t)len;
}

int write_all(int fd, const void *data, size_t len)
{
	const char *p = data;

	while (len) {
		ssize_t n = write(fd, p, len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		p += n;
		len -= (size_t)n;
	}
	return 0;
}

int file_write_atomic(int dirfd, const char *path, const void *data, size_t len, mode_t mode,
		      struct err *e)
{
	cleanup_new_file struct new_file f = NEW_FILE_INIT;
	int r = new_file_open(dirfd, path, NULL, mode, &f);

	if (r == 0)
		r = write_all(f.fd, data, len);
	if (r == 0)
		r = new_file_finish(&f, true);
	return r < 0 ? err_sys(e, -r, "cannot write '%s'", path) : 0;
}

bool file_holds(int dirfd, const char *name, const void *data, size_t size)
{
	cleanup_buf struct buf text = BUF_INIT;
	struct err ignored;

	return file_read(dirfd, name, size, &text, &ignored) == 0 && text.len == size &&
	       memcmp(text.data, data, size) == 0;
}

/* On the way to a box: uses the fewest system calls. */
int file_write_passing(int dirfd, const char *path, const void *data, size_t len, mode_t mode,
		       struct err *e)
{
	cleanup_free char *tmp = NULL;
	int r, fd = new_file_beside(dirfd, path, mode, &tmp);

	if (fd < 0)
		return err_sys(e, -fd, "cannot write '%s'", path);
	r = write_all(fd, data, len);
	if (close(fd) < 0 && r == 0)
		r = -errno;
	if (r == 0 && renameat(dirfd, tmp, dirfd, path) < 0)
		r = -errno;
	if (r < 0) {
		unlinkat(dirfd, tmp, 0);
		return err_sys(e, -r, "cannot write '%s'", path);
	}
	return 0;
}

int file_write_first(int dirfd, const char *path, const void *data, size_t len, mode_t mode,
		     struct err *e)
{
	cleanup_close int fd = openat(dirfd, path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);
	int r;

	if (fd < 0 && errno == EEXIST)
		return file_write_passing(dirfd, path, data, len, mode, e);
	r = fd < 0 ? -errno : write_all(fd, data, len);
	return r < 0 ? err_sys(e, -r, "cannot write '%s'", path) : 0;
}

static int mkdirs(char *path, mode_t mode)
{
	struct stat st;
	char *slash;
	int r;

	if (mkdir(path, mode) == 0)
		return 0;
	if (errno == EEXIST)
		return stat(path, &st) < 0 ? -errno : S_ISDIR(st.st_mode) ? 0 : -ENOTDIR;
	if (errno != ENOENT)
		return -errno;
	slash = strrchr(path, '/');
	while (slash && slash > path && slash[-1] == '/')
		slash--;
	if (!slash || slash == path)
		return -ENOENT;
	*slash = '\0';
	r = mkdirs(path, mode);
	*slash = '/';
	if (r < 0)
		return r;
	return mkdir(path, mode) == 0 || errno == EEXIST ? 0 : -errno;
}

mode_t file_umask(void)
{
	mode_t mask = umask(022);

	umask(mask);
	return mask;
}

int file_mkdirs(const char *path, mode_t mode, struct err *e)
{
	cleanup_free char *copy = xstrdup(path);
	int r = mkdirs(copy, mode);

	return r < 0 ? err_sys(e, -r, "cannot make the directory '%s'", path) : 0;
}

int file_lock(int fd, const char *path, struct err *e)
{
	while (flock(fd, LOCK_EX) < 0)
		if (errno != EINTR)
			return err_sys(e, errno, "cannot lock '%s'", path);
	return 0;
}

bool file_trylock(int fd)
{
	return flock(fd, LOCK_EX | LOCK_NB) == 0;
}

bool file_is_at(int fd, int dirfd, const char *path)
{
	struct stat held, there;

	return fstat(fd, &held) == 0 && fstatat(dirfd, path, &there, 0) == 0 &&
	       held.st_ino == there.st_ino && held.st_dev == there.st_dev;
}

int file_move(int dirfd, const char *from, const char *to)
{
	struct stat st;

	if (renameat(dirfd, from, dirfd, to) == 0)
		return 0;
	if (errno != EACCES || fstatat(dirfd, from, &st, AT_SYMLINK_NOFOLLOW) < 0 ||
	    !S_ISDIR(st.st_mode) || (st.st_mode & 0200))
		return -errno;
	if (fchmodat(dirfd, from, 0700, 0) < 0)
		return -errno;
	return renameat(dirfd, from, dirfd, to) < 0 ? -errno : 0;
}
