/*
 * dev.c - /dev: six harmless nodes, its own devpts, shm, symlinks.
 *
 * The image has no influence: a fresh tmpfs hides its /dev.
 */
#include "launch/dev.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/mem.h"
#include "launch/mount.h"

#define PTYS_MAX "512" /* per box; sandbox(1), LIMITS */

static const char *const nodes[] = {"null", "zero", "full", "random", "urandom", "tty"};

static const struct {
	const char *name, *target;
} links[] = {
	{"fd", "/proc/self/fd"},       {"stdin", "/proc/self/fd/0"}, {"stdout", "/proc/self/fd/1"},
	{"stderr", "/proc/self/fd/2"}, {"core", "/proc/kcore"},	     {"ptmx", "pts/ptmx"},
};

static int attach_node(int dev, const char *name, bool host_root, struct err *e)
{
	struct mount_attr ro = {.attr_set = MOUNT_ATTR_RDONLY};
	cleanup_close int node = -1;
	char path[32];

	snprintf(path, sizeof(path), "/dev/%s", name);
	node = open_tree(AT_FDCWD, path, OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC);
	if (node < 0)
		return err_sys(e, errno, "cannot use '%s'", path);
	if (host_root && mount_setattr(node, "", AT_EMPTY_PATH, &ro, sizeof(ro)) < 0)
		return err_sys(e, errno, "cannot make the mount of '%s' read-only", path);
	if (mknodat(dev, name, S_IFREG | 0666, 0) < 0)
		return err_sys(e, errno, "cannot make '%s'", path);
	if (move_mount(node, "", dev, name, MOVE_MOUNT_F_EMPTY_PATH) < 0)
		return err_sys(e, errno, "cannot mount '%s'", path);
	return 0;
}

static int attach_nodes(int dev, bool host_root, struct err *e)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < ARRAY_SIZE(nodes); i++)
		r = attach_node(dev, nodes[i], host_root, e);
	return r;
}

static int make_links(int dev, struct err *e)
{
	for (size_t i = 0; i < ARRAY_SIZE(links); i++)
		if (symlinkat(links[i].target, dev, links[i].name) < 0)
			return err_sys(e, errno, "cannot make '/dev/%s'", links[i].name);
	return 0;
}

static int make_dir(int dev, const char *name, mode_t mode, struct err *e)
{
	if (mkdirat(dev, name, mode) < 0)
		return err_sys(e, errno, "cannot make '/dev/%s'", name);
	return 0;
}

/*
 * ptmxmode: every user in the box may open a terminal. newinstance is implied since Linux 4.7. All
 * boxes together can have kernel.pty.max - kernel.pty.reserve ptys: 3072 by default.
 */
static int mount_pts(int dev, int *ret_pts, struct err *e)
{
	cleanup_close int target = openat(dev, "pts", O_PATH | O_DIRECTORY | O_CLOEXEC);
	int pts, r;

	if (target < 0)
		return err_sys(e, errno, "cannot open '/dev/pts'");
	r = mount_fs("devpts", target, MS_NOSUID | MS_NOEXEC,
		     "ptmxmode=0666,mode=620,max=" PTYS_MAX, "/dev/pts", e);
	if (r < 0)
		return r;
	pts = openat(dev, "pts", O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (pts < 0)
		return err_sys(e, errno, "cannot open '/dev/pts'");
	*ret_pts = pts;
	return 0;
}

int dev_build(int rootfd, int memory, bool host_root, int *ret_pts, struct err *e)
{
	cleanup_close int target = -1;
	int r = mount_open_fixed_dir(rootfd, "/dev", &target, e);

	if (r == 0)
		r = mount_attach(memory, target, "/dev", e);
	if (r == 0)
		r = attach_nodes(memory, host_root, e);
	if (r == 0)
		r = make_links(memory, e);
	if (r == 0)
		r = make_dir(memory, "pts", 0755, e);
	if (r == 0)
		r = make_dir(memory, "shm", 01777, e);
	if (r == 0)
		r = mount_pts(memory, ret_pts, e);
	return r;
}

int dev_open_terminal(int pts, const struct winsize *size)
{
	int zero = 0, fd = openat(pts, "ptmx", O_RDWR | O_NOCTTY | O_CLOEXEC);

	if (fd < 0)
		return -errno;
	if (ioctl(fd, TIOCSPTLCK, &zero) < 0) {
		close(fd);
		return -errno;
	}
	ioctl(fd, TIOCSWINSZ, size);
	return fd;
}
