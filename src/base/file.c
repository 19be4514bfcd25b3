/*
 * file.c - reading with a bound, writing atomically, folders, locks.
 *
 * Promises that a reader sees the old content or the new one, never half of it. That holds for the
 * death of this program; against the death of the machine the file system's own ordering of
 * rename has to do (no fsync: it would cost more than a start of a box).
 */
#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/mem.h"

int file_read_fd(int fd, const char *path, size_t max, struct buf *out, struct err *e)
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
		/* One byte more than there should be: a file that ends there needs no second
		 * read. Files of /proc say that they are empty. */
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
		if (n == 0 || (got == (size_t)st.st_size && (size_t)n < want))
			return 0;
	}
}

int file_read(int dirfd, const char *path, size_t max, struct buf *out, struct err *e)
{
	/* O_NONBLOCK: the open of a FIFO or a device must not wait. */
	cleanup_close int fd = openat(dirfd, path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);

	if (fd < 0)
		return err_sys(e, errno, "cannot open '%s'", path);
	return file_read_fd(fd, path, max, out, e);
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

/* Creates a file that did not exist beside path; *ret_tmp is its name, to be freed. */
static int create_beside(int dirfd, const char *path, mode_t mode, char **ret_tmp)
{
	for (int tries = 0; tries < 16; tries++) {
		unsigned int salt = (unsigned int)getpid();
		char *tmp;
		int fd;

		if (getrandom(&salt, sizeof(salt), GRND_NONBLOCK) < 0)
			salt += (unsigned int)tries; /* an early boot: O_EXCL still decides */
		tmp = xasprintf("%s.tmp-%08x", path, salt);
		fd = openat(dirfd, tmp, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, mode);
		if (fd >= 0) {
			*ret_tmp = tmp;
			return fd;
		}
		free(tmp);
		if (errno != EEXIST)
			return -errno;
	}
	return -EEXIST;
}

int file_write_atomic(int dirfd, const char *path, const void *data, size_t len, mode_t mode,
		      struct err *e)
{
	cleanup_free char *tmp = NULL;
	int fd, r;

	fd = create_beside(dirfd, path, mode, &tmp);
	if (fd < 0)
		return err_sys(e, -fd, "cannot write '%s'", path);
	r = write_all(fd, data, len);
	if (close(fd) < 0 && r == 0) /* NFS tells of a full disk here */
		r = -errno;
	if (r == 0 && renameat(dirfd, tmp, dirfd, path) < 0)
		r = -errno;
	if (r < 0) {
		unlinkat(dirfd, tmp, 0);
		return err_sys(e, -r, "cannot write '%s'", path);
	}
	return 0;
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

	return r < 0 ? err_sys(e, -r, "cannot make the folder '%s'", path) : 0;
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
