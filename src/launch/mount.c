/*
 * mount.c - mount system calls by descriptor.
 */
#include "launch/mount.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/mount.h>
#include <sys/stat.h>

#include "base/cleanup.h"
#include "base/path.h"

struct fd_path fd_path(int fd)
{
	struct fd_path p;

	snprintf(p.s, sizeof(p.s), "/proc/self/fd/%d", fd);
	return p;
}

int mount_open_dir(const char *path, int *ret_fd, struct err *e)
{
	int fd = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0)
		return err_sys(e, errno, "cannot open '%s'", path);
	*ret_fd = fd;
	return 0;
}

int mount_memory(const char *directory, int *ret_fd, struct err *e)
{
	if (mount("tmpfs", directory, "tmpfs", MS_NOSUID | MS_NODEV, "mode=0700") < 0)
		return err_sys(e, errno, "cannot mount tmpfs for the box's files");
	return mount_open_dir(directory, ret_fd, e);
}

int mount_clone(int hostfd, const char *source, unsigned long long attrs, int *ret_fd,
		struct err *e)
{
	cleanup_close int from = -1;
	int r = path_open_nolinks(hostfd, source, O_PATH, 0, &from, e);

	if (r == -ELOOP)
		return err_set(e, ELOOP, "cannot use '%s': a symlink was put in its way", source);
	if (r < 0)
		return err_add(e, "cannot use '%s'", source);
	return mount_clone_open(from, source, attrs, ret_fd, e);
}

int mount_clone_open(int from, const char *name, unsigned long long attrs, int *ret_fd,
		     struct err *e)
{
	struct mount_attr attr = {.attr_set = attrs};
	cleanup_close int fd = -1;

	fd = open_tree(from, "",
		       OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_RECURSIVE | AT_EMPTY_PATH);
	if (fd < 0)
		return err_sys(e, errno, "cannot use '%s'", name);
	if (attrs && mount_setattr(fd, "", AT_EMPTY_PATH | AT_RECURSIVE, &attr, sizeof(attr)) < 0)
		return err_sys(e, errno, "cannot restrict the mount of '%s'", name);
	*ret_fd = take_fd(&fd);
	return 0;
}

int mount_attach(int tree, int target, const char *name, struct err *e)
{
	if (move_mount(tree, "", target, "", MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH) < 0)
		return err_sys(e, errno, "cannot mount '%s'", name);
	return 0;
}

int mount_fs(const char *type, int target, unsigned long flags, const char *data, const char *name,
	     struct err *e)
{
	if (mount(type, fd_path(target).s, type, flags, data) < 0)
		return err_sys(e, errno, "cannot mount %s on '%s'", type, name);
	return 0;
}

int mount_open_fixed_dir(int rootfd, const char *path, int *ret_fd, struct err *e)
{
	int r = path_open_nolinks(rootfd, path, O_PATH | O_DIRECTORY, 0, ret_fd, e);

	if (r == -ENOENT)
		return path_mkdirs_beneath(rootfd, path, 0755, ret_fd, e);
	if (r == -ELOOP || r == -ENOTDIR)
		return err_set(e, -r, "'%s' in the image is not a directory", path);
	return r;
}

int mount_scratch(int scratch, const char *name, mode_t mode, int *ret_fd, struct err *e)
{
	int fd;

	if (mkdirat(scratch, name, mode) < 0)
		return err_sys(e, errno, "cannot make a directory in the box's memory");
	fd = open_tree(scratch, name, OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC);
	if (fd < 0)
		return err_sys(e, errno, "cannot clone a directory of the box's memory");
	*ret_fd = fd;
	return 0;
}
