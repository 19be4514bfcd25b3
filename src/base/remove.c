/*
 * remove.c - file_remove_tree(): deletes trees that may be hostile.
 *
 * Promises to remove any tree that this user owns, whatever its modes and depth, with a bounded
 * number of descriptors and a bounded stack. Never follows a symlink or crosses into a mount.
 *
 * Directories deeper than MAX_DEPTH are renamed up into the top directory, which is then walked
 * again.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/dir.h"
#include "base/file.h"
#include "base/mem.h"

#define MAX_DEPTH 32

struct removal {
	int top;
	unsigned long long mount; /* stx_mnt_id of the top directory */
	unsigned int moved;	  /* number of directories moved up; names them */
	bool progress;		  /* this pass removed or moved something */
	struct err *e;
};

/*
 * Opens the directory name to empty it. If its mode shuts its owner out (as overlay's work
 * directory, mode 0), adds u+rwx. Returns a descriptor or -errno.
 */
static int open_folder(int dirfd, const char *name, unsigned long long *ret_mount)
{
	const int flags = O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;
	char self[64];
	struct statx stx;
	cleanup_close int at = openat(dirfd, name, O_PATH | flags);

	if (at < 0)
		return -errno;
	if (statx(at, "", AT_EMPTY_PATH, STATX_MODE | STATX_MNT_ID, &stx) < 0)
		return -errno;
	if ((stx.stx_mode & 0700) != 0700) {
		/*
		 * fchmod() refuses an O_PATH descriptor; this link of /proc refers to the same
		 * file.
		 */
		snprintf(self, sizeof(self), "/proc/self/fd/%d", at);
		if (chmod(self, 0700) < 0)
			return -errno;
	}
	int fd = openat(at, ".", O_RDONLY | flags);

	if (fd < 0)
		return -errno;
	*ret_mount = stx.stx_mnt_id;
	return fd;
}

/* Moves the directory name of dirfd into the top directory under a free name; -errno. */
static int move_up(struct removal *rm, int dirfd, const char *name)
{
	char to[32];

	do {
		snprintf(to, sizeof(to), ".deep-%u", rm->moved++);
		if (renameat(dirfd, name, rm->top, to) == 0) {
			rm->progress = true;
			return 0;
		}
	} while (errno == ENOTEMPTY || errno == EEXIST || errno == ENOTDIR);
	return -errno;
}

static int empty_folder(struct removal *rm, int fd, int depth);

static int remove_folder(struct removal *rm, int dirfd, const char *name, int depth)
{
	unsigned long long mount;
	cleanup_close int fd = open_folder(dirfd, name, &mount);
	int r;

	if (fd == -ENOENT)
		return 0;
	if (fd < 0)
		return err_sys(rm->e, -fd, "cannot remove '%s'", name);
	if (mount != rm->mount)
		return err_sys(rm->e, EBUSY, "cannot remove '%s'", name);
	if (depth == MAX_DEPTH) {
		r = move_up(rm, dirfd, name);
		return r < 0 ? err_sys(rm->e, -r, "cannot remove '%s'", name) : 0;
	}
	r = empty_folder(rm, take_fd(&fd), depth + 1);
	if (r < 0)
		return r;
	if (unlinkat(dirfd, name, AT_REMOVEDIR) == 0)
		rm->progress = true;
	else if (errno != ENOTEMPTY && errno != EEXIST &&
		 errno != ENOENT) /* left to the next pass */
		return err_sys(rm->e, errno, "cannot remove '%s'", name);
	return 0;
}

/* Removes the entries of fd that one pass can. Closes fd. */
static int empty_folder(struct removal *rm, int fd, int depth)
{
	cleanup_dir struct dir dir = {0};
	int next, r = dir_take(&dir, &fd, ".", rm->e);

	if (r < 0)
		return r;
	fd = dir_fd(&dir);
	while ((next = dir_next(&dir, rm->e)) > 0) {
		const char *name = dir.name;

		if (dir.type != DT_DIR) {
			if (unlinkat(fd, name, 0) == 0) {
				rm->progress = true;
				continue;
			}
			if (errno == ENOENT)
				continue;
			if (errno != EISDIR)
				return err_sys(rm->e, errno, "cannot remove '%s'", name);
		}
		r = remove_folder(rm, fd, name, depth);
		if (r < 0)
			return r;
	}
	return next;
}

int file_remove_tree(int dirfd, const char *name, struct err *e)
{
	struct removal rm = {.e = e};
	cleanup_close int top = -1;
	int fd, r;

	if (unlinkat(dirfd, name, 0) == 0 || errno == ENOENT)
		return 0;
	if (errno != EISDIR)
		return err_sys(e, errno, "cannot remove '%s'", name);
	top = open_folder(dirfd, name, &rm.mount);
	if (top < 0)
		return err_sys(e, -top, "cannot remove '%s'", name);
	rm.top = top;
	for (;;) {
		rm.progress = false;
		fd = openat(top, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		if (fd < 0)
			return err_sys(e, errno, "cannot remove '%s'", name);
		r = empty_folder(&rm, fd, 1);
		if (r < 0)
			return err_add(e, "cannot remove '%s'", name);
		if (unlinkat(dirfd, name, AT_REMOVEDIR) == 0 || errno == ENOENT)
			return 0;
		if ((errno != ENOTEMPTY && errno != EEXIST) || !rm.progress)
			return err_sys(e, errno, "cannot remove '%s'", name);
	}
}
