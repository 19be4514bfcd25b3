/*
 * new_file.c - a file that gets its name once it is complete, and how it gets onto the disk.
 */
#include "base/new_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/fnv.h"
#include "base/mem.h"
#include "base/path.h"

#define LINK_TRIES 16 /* others may write the same file at the same moment */

/* Of fixed length, so that the longest file names still work. */
static char *tmp_name(const char *name)
{
	return xasprintf(NEW_FILE_PREFIX "%016llx", (unsigned long long)fnv1a(name));
}

static int open_parent(int dirfd, const char *path)
{
	cleanup_free char *dir = xstrndup(path, (size_t)(path_basename(path) - path));

	return openat(dirfd, *dir ? dir : ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

int new_file_beside(int dirfd, const char *path, mode_t mode, char **ret_tmp)
{
	for (int tries = 0; tries < LINK_TRIES; tries++) {
		unsigned int salt = (unsigned int)getpid();
		char *tmp;
		int fd;

		if (getrandom(&salt, sizeof(salt), GRND_NONBLOCK) < 0)
			salt += (unsigned int)tries; /* early in boot; O_EXCL still decides */
		tmp = xasprintf("%s.tmp-%08x", path, salt);
		fd = openat(dirfd, tmp, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, mode);
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

/* For file systems without O_TMPFILE. */
static int open_named(struct new_file *f, const char *tmp, mode_t mode)
{
	const int flags = O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC;

	if (!tmp)
		return new_file_beside(f->dirfd, f->name, mode, &f->tmp);
	f->tmp = xstrdup(tmp);
	unlinkat(f->dirfd, tmp, 0);
	f->fd = openat(f->dirfd, tmp, flags, mode);
	return f->fd < 0 ? -errno : f->fd;
}

int new_file_open(int dirfd, const char *path, const char *tmp, mode_t mode, struct new_file *ret)
{
	cleanup_new_file struct new_file f = NEW_FILE_INIT;

	f.dirfd = open_parent(dirfd, path);
	if (f.dirfd < 0)
		return -errno;
	f.name = xstrdup(path_basename(path));
	f.fd = openat(f.dirfd, ".", O_RDWR | O_TMPFILE | O_CLOEXEC, mode);
	if (f.fd >= 0) {
		f.tmp = tmp ? xstrdup(tmp) : tmp_name(f.name);
	} else if (errno == EOPNOTSUPP || errno == EISDIR || errno == EINVAL) {
		f.fd = open_named(&f, tmp, mode);
		f.linked = f.fd >= 0;
		if (f.fd < 0)
			return f.fd;
	} else {
		return -errno;
	}
	*ret = f;
	f = (struct new_file)NEW_FILE_INIT;
	return 0;
}

/* Without /proc the kernel must accept the descriptor itself, which it does since Linux 6.10. */
static int link_fd(int fd, int dirfd, const char *name)
{
	char self[32];

	snprintf(self, sizeof(self), "/proc/self/fd/%d", fd);
	if (linkat(AT_FDCWD, self, dirfd, name, AT_SYMLINK_FOLLOW) == 0)
		return 0;
	if (errno == ENOENT && linkat(fd, "", dirfd, name, AT_EMPTY_PATH) == 0)
		return 0;
	return -errno;
}

int new_file_link(int fd, int dirfd, const char *tmp, const char *name)
{
	int r = link_fd(fd, dirfd, name);

	for (int tries = 0; r == -EEXIST && tries < LINK_TRIES; tries++) {
		r = link_fd(fd, dirfd, tmp);
		if (r == 0 && renameat(dirfd, tmp, dirfd, name) < 0) {
			r = -errno;
			if (r != -ENOENT) {
				unlinkat(dirfd, tmp, 0);
				return r;
			}
		}
		/*
		 * A complete file of a writer that was killed or that we overtake: ours is newer.
		 */
		if (r == -EEXIST)
			unlinkat(dirfd, tmp, 0);
		else if (r == -ENOENT)
			r = -EEXIST;
	}
	return r;
}

/* A file system that cannot sync is not an error. */
static int sync_fd(int fd)
{
	return fsync(fd) < 0 && errno != EINVAL && errno != EOPNOTSUPP && errno != ENOSYS ? -errno
											  : 0;
}

/*
 * ext4 allocates blocks before it writes them: if a commit of its journal comes between, a power
 * cut leaves a file of the right size full of zeros. The flush of the disk comes with the commit
 * that has the name.
 */
int new_file_write_out(int fd)
{
	const unsigned int flags = SYNC_FILE_RANGE_WAIT_BEFORE | SYNC_FILE_RANGE_WRITE |
				   SYNC_FILE_RANGE_WAIT_AFTER;

	if (sync_file_range(fd, 0, 0, flags) == 0)
		return 0;
	return errno == EIO || errno == ENOSPC || errno == EDQUOT ? -errno : sync_fd(fd);
}

int new_file_finish(struct new_file *f, bool durable)
{
	int r = durable ? sync_fd(f->fd) : new_file_write_out(f->fd);

	if (r == 0 && !f->linked)
		r = new_file_link(f->fd, f->dirfd, f->tmp, f->name);
	if (close(take_fd(&f->fd)) < 0 && r == 0) /* NFS reports a full disk here */
		r = -errno;
	if (r == 0 && f->linked && renameat(f->dirfd, f->tmp, f->dirfd, f->name) < 0)
		r = -errno;
	if (r == 0)
		f->linked = false;
	return r == 0 && durable ? sync_fd(f->dirfd) : r;
}

void new_file_close(struct new_file *f)
{
	if (f->linked)
		unlinkat(f->dirfd, f->tmp, 0);
	close_fd(&f->fd);
	close_fd(&f->dirfd);
	free(f->name);
	free(f->tmp);
	*f = (struct new_file)NEW_FILE_INIT;
}

int sync_dir(int dirfd, const char *path, struct err *e)
{
	cleanup_close int fd = openat(dirfd, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int r = fd < 0 ? -errno : sync_fd(fd);

	return r < 0 ? err_sys(e, -r, "cannot write '%s' to the disk", path) : 0;
}

int sync_fs(int fd, const char *path, struct err *e)
{
	cleanup_close int dir = openat(fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	return dir < 0 || syncfs(dir) < 0 ? err_sys(e, errno, "cannot write '%s' to the disk", path)
					  : 0;
}
