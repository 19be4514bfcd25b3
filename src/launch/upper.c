/*
 * upper.c - moving a directory into the upper layer of its overlay, in place.
 *
 * overlayfs renames files, by copying them up, and directories of the upper layer. For a directory
 * of a lower layer it fails with EXDEV, unless it may write redirects, which mounts of a user may
 * not. So a new directory is made beside the old one and takes over its entries one by one: each is
 * a rename, so that times and attributes stay. Then it gets the old one's name. A copied-up file is
 * no longer the one that its other names in a lower layer lead to, so these become links to it.
 *
 * Promises that on an error everything is back where it was, and that only empty directories are
 * removed, even if others write in the tree meanwhile. A process that has one of the old
 * directories open, or as working directory, is left in a removed one.
 */
#include "launch/upper.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <linux/magic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/dir.h"
#include "base/first_names.h"
#include "base/mem.h"
#include "base/path.h"
#include "launch/mount.h"

#define PERMISSIONS 07777
#define OWNER	    0700
#define WORKERS	    32
#define PASSES	    8 /* over a directory that others fill meanwhile */

/* Moves a directory that its owner may not write to, changing its mode meanwhile. */
static int move_closed(int from, const char *name, int to)
{
	cleanup_close int fd = openat(from, name, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	struct stat st;
	int r;

	if (fd < 0 || fstat(fd, &st) < 0 || (st.st_mode & OWNER) == OWNER ||
	    chmod(fd_path(fd).s, (st.st_mode & PERMISSIONS) | OWNER) < 0)
		return -EACCES;
	r = renameat2(from, name, to, name, RENAME_NOREPLACE) < 0 ? -errno : 0;
	close_fd(&fd);
	fd = openat(r == 0 ? to : from, name, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd >= 0)
		chmod(fd_path(fd).s, st.st_mode & PERMISSIONS);
	return r;
}

static int move_entry(int from, const char *name, int to)
{
	if (renameat2(from, name, to, name, RENAME_NOREPLACE) == 0)
		return 0;
	return errno == EACCES ? move_closed(from, name, to) : -errno;
}

/* The move of one directory, with everything in it. */
struct move {
	int top;		   /* paths of the links begin here */
	struct first_names *links; /* files with several names, by their new paths */
};

/* An entry of a directory that is moved. */
struct moved {
	bool is_dir;
	const char *first; /* the new path of a file that this is another name of */
};

static int move_directory(struct move *m, int from_parent, const char *from_name, int to_parent,
			  const char *to_name, const char *to_path);

/* Before anything is copied up. */
static struct moved look_at(struct move *m, int dir, const char *name, const char *to_path)
{
	cleanup_free char *path = path_join(to_path, name);
	struct stat st;

	if (fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return (struct moved){0};
	if (S_ISDIR(st.st_mode))
		return (struct moved){.is_dir = true};
	return (struct moved){.first = first_names_of(&m->links, &st, path)};
}

/* Or moves it, if the first name has gone. */
static int link_entry(const struct move *m, int from, const char *name, int to, const char *first)
{
	int r;

	if (linkat(m->top, first, to, name, 0) < 0)
		return move_entry(from, name, to);
	if (unlinkat(from, name, 0) == 0)
		return 0;
	r = -errno;
	unlinkat(to, name, 0);
	return r;
}

static void copy_up(int dir, const char *name)
{
	struct stat st;

	if (fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) == 0)
		utimensat(dir, name, (struct timespec[]){st.st_atim, {.tv_nsec = UTIME_OMIT}},
			  AT_SYMLINK_NOFOLLOW);
}

/*
 * overlayfs waits for the disk with each file that it copies up, and serializes renames. So files
 * are copied up before, many at a time. What fails here fails again when it is moved.
 */
static void copy_up_together(int dir, const struct strv *names, const struct moved *what)
{
	size_t n = names->n / 2 < WORKERS ? names->n / 2 : WORKERS;

	for (size_t worker = 0; worker < n; worker++) {
		if (fork() != 0)
			continue;
		for (size_t i = worker; i < names->n; i += n)
			if (!what[i].is_dir && !what[i].first)
				copy_up(dir, names->v[i]);
		_exit(0);
	}
	while (n && wait(NULL) > 0)
		;
}

static int move_one(struct move *m, int from, const char *name, int to, const char *to_path,
		    const struct moved *what)
{
	int r = what->first ? link_entry(m, from, name, to, what->first)
			    : move_entry(from, name, to);

	if (r == -EXDEV) {
		cleanup_free char *path = path_join(to_path, name);

		r = move_directory(m, from, name, to, name, path);
	}
	return r == -ENOENT ? 0 : r; /* removed meanwhile */
}

/* Moves all present entries; directories last, as files in them may be links to files here. */
static int move_entries(struct move *m, int from, int to, const char *to_path)
{
	cleanup_strv struct strv names = {0};
	cleanup_free struct moved *what = NULL;
	struct err ignored;
	int r = dir_names(from, ".", &names, &ignored);

	what = xcalloc(names.n + 1, sizeof(*what));
	for (size_t i = 0; i < names.n; i++)
		what[i] = look_at(m, from, names.v[i], to_path);
	copy_up_together(from, &names, what);
	for (int dirs = 0; dirs < 2; dirs++)
		for (size_t i = 0; r == 0 && i < names.n; i++)
			if (what[i].is_dir == dirs)
				r = move_one(m, from, names.v[i], to, to_path, &what[i]);
	return r;
}

static void move_back(int from, int to)
{
	cleanup_strv struct strv names = {0};
	struct err ignored;

	dir_names(to, ".", &names, &ignored);
	for (size_t i = 0; i < names.n; i++)
		move_entry(to, names.v[i], from);
}

/* Attributes that we may not set stay as they are. The overlay's own are invisible. */
static void copy_xattrs(int from, int to)
{
	cleanup_free char *names = xcalloc(1, XATTR_LIST_MAX);
	cleanup_free char *value = xcalloc(1, XATTR_SIZE_MAX);
	ssize_t n = flistxattr(from, names, XATTR_LIST_MAX);

	/* inherited from the parent directory */
	fremovexattr(to, "system.posix_acl_access");
	fremovexattr(to, "system.posix_acl_default");
	for (const char *name = names; n > 0 && name < names + n; name += strlen(name) + 1) {
		ssize_t size = fgetxattr(from, name, value, XATTR_SIZE_MAX);

		if (size >= 0)
			fsetxattr(to, name, value, (size_t)size, 0);
	}
}

static void set_times(int fd, const struct stat *st)
{
	const struct timespec times[2] = {st->st_atim, st->st_mtim};

	futimens(fd, times);
}

/* Moves entries until nothing is left in the old directory. */
static int replace_directory(struct move *m, int from_parent, const char *from_name, int from,
			     int to, const char *to_path)
{
	int r = -ENOTEMPTY;

	copy_xattrs(from, to);
	for (int pass = 0; r == -ENOTEMPTY && pass < PASSES; pass++) {
		r = move_entries(m, from, to, to_path);
		if (r == 0 && unlinkat(from_parent, from_name, AT_REMOVEDIR) < 0)
			r = -errno;
	}
	return r == -ENOTEMPTY ? -EBUSY : r;
}

/* Opens the directory, made readable and writable for its owner; *ret_st has its previous state. */
static int open_old(int parent, const char *name, int *ret_fd, struct stat *ret_st)
{
	cleanup_close int fd = openat(parent, name, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	struct stat st;
	int old;

	if (fd < 0 || fstat(fd, &st) < 0)
		return -errno;
	if ((st.st_mode & OWNER) != OWNER &&
	    chmod(fd_path(fd).s, (st.st_mode & PERMISSIONS) | OWNER) < 0)
		return -errno;
	old = openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (old < 0)
		return -errno;
	*ret_fd = old;
	*ret_st = st;
	return 0;
}

static int move_directory(struct move *m, int from_parent, const char *from_name, int to_parent,
			  const char *to_name, const char *to_path)
{
	cleanup_close int from = -1, to = -1;
	struct stat st = {0};
	int r = open_old(from_parent, from_name, &from, &st);

	if (r < 0)
		return r;
	if (mkdirat(to_parent, to_name, OWNER) < 0 && errno != EEXIST)
		r = -errno;
	else if ((to = openat(to_parent, to_name,
			      O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)) < 0)
		r = -errno;
	if (r == 0)
		r = replace_directory(m, from_parent, from_name, from, to, to_path);
	if (r < 0 && to >= 0) {
		move_back(from, to);
		unlinkat(to_parent, to_name, AT_REMOVEDIR);
	}
	/* We may not be allowed to give it another group. */
	if (r == 0 && fchown(to, (uid_t)-1, st.st_gid) < 0)
		st.st_mode &= ~(mode_t)S_ISGID;
	fchmod(r < 0 ? from : to, st.st_mode & PERMISSIONS);
	set_times(r < 0 ? from : to, &st);
	return r;
}

/*
 * Would the kernel rename it? Tries to rename onto a directory that is not empty: EXDEV comes
 * before ENOTEMPTY, and nothing happens in either case.
 */
static bool is_movable(int parent, const char *name, const char *full)
{
	if (renameat(parent, name, parent, full) < 0)
		return errno != EXDEV;
	renameat2(parent, full, parent, name, RENAME_NOREPLACE); /* somebody emptied it */
	return true;
}

/* Under an unused name. */
static int make_aside(int parent, char *name, size_t size)
{
	unsigned long long number = 0;

	do {
		if (getrandom(&number, sizeof(number), 0) != sizeof(number))
			return -EIO;
		snprintf(name, size, ".sandbox-rename-%016llx", number);
	} while (mkdirat(parent, name, OWNER) < 0 && errno == EEXIST);
	return faccessat(parent, name, F_OK, AT_SYMLINK_NOFOLLOW) < 0 ? -errno : 0;
}

static bool on_overlay(int parent, const char *name)
{
	cleanup_close int fd = openat(parent, name, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	struct statfs fs;

	return fd >= 0 && fstatfs(fd, &fs) == 0 && fs.f_type == OVERLAYFS_SUPER_MAGIC;
}

int upper_make(int parent, const char *name, int lock)
{
	struct flock whole = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
	struct move m = {.top = parent};
	char aside[48], within[64];
	bool movable;
	int r;

	if (!on_overlay(parent, name))
		return 0;
	r = make_aside(parent, aside, sizeof(aside));
	if (r < 0)
		return r;
	snprintf(within, sizeof(within), "%s/full", aside);
	if (mkdirat(parent, within, OWNER) < 0)
		r = -errno;
	movable = r < 0 || is_movable(parent, name, aside);
	/* If several waited for the same directory, the others find it done. */
	if (!movable)
		movable = fcntl(lock, F_SETLKW, &whole) < 0 || is_movable(parent, name, aside);
	unlinkat(parent, within, AT_REMOVEDIR);
	if (!movable)
		r = move_directory(&m, parent, name, parent, aside, aside);
	first_names_free(&m.links);
	if (movable)
		unlinkat(parent, aside, AT_REMOVEDIR);
	/* After an error the old one still exists, unless somebody moved it away meanwhile. */
	else if (renameat2(parent, aside, parent, name, RENAME_NOREPLACE) < 0 && r == 0)
		r = -errno;
	return r;
}
