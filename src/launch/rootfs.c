/*
 * rootfs.c - building the root of a box.
 *
 * The order of the mount calls:
 *	1  /		 make-rprivate		 nothing we do propagates anywhere
 *	2  memory	 tmpfs on the staging directory: /dev, /tmp, /run, an upper if there is none
 *	3  root		 overlay on the staging directory
 *	4  /etc		 the user's and the network's lines, while symlinks can lead nowhere else;
 *			 before 3 if the image has one layer and the upper is in memory
 *	5  the plan's mounts, in order; a symlink of the image can lead none to what comes next
 *	6  /proc	 proc; needs a fully visible proc still mounted (mount_too_revealing())
 *	7  /dev		 memory, nodes, devpts; then the plan's mounts on /dev/shm
 *	8  /sys		 sysfs of an own network namespace (a gateway mounts that), else the host's,
 *			 read-only
 *	9  masks	 /proc/sys etc. read-only, more hidden, for the host's root (mask.c)
 *	10 pivot_root(".", "."), detach the old root
 */
#include "launch/rootfs.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/mem.h"
#include "base/path.h"
#include "launch/bounds.h"
#include "launch/dev.h"
#include "launch/etc.h"
#include "launch/mask.h"
#include "launch/mount.h"
#include "launch/mounts.h"
#include "launch/overlay.h"
#include "launch/protocol.h"

static int mount_proc(int rootfd, struct err *e)
{
	cleanup_close int target = -1;
	int r = mount_open_fixed_dir(rootfd, "/proc", &target, e);

	if (r == 0)
		r = mount_fs("proc", target, MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL, "/proc", e);
	if (r == -EPERM)
		return err_set(e, EPERM,
			       "cannot mount /proc: this container hides parts of its own "
			       "/proc (see sandbox doctor)");
	return r;
}

static int bind_host_sys(const struct rootfs *root, int target, struct err *e)
{
	cleanup_close int host = -1, sys = -1;
	int r = mount_open_dir("/", &host, e);

	if (r == 0)
		r = mount_clone(host, "/sys",
				MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV |
					MOUNT_ATTR_NOEXEC,
				&sys, e);
	if (r == 0)
		r = mount_attach(sys, target, "/sys", e);
	return r < 0 ? r : mask_host_sys(root->fd, root->scratch, e);
}

/* sysfs belongs to a network namespace and can only be mounted by its owner. */
static int mount_sys(const struct plan *p, const struct rootfs *root, struct err *e)
{
	cleanup_close int target = -1;
	int r = mount_open_fixed_dir(root->fd, "/sys", &target, e);

	if (r < 0)
		return r;
	if (p->net == PLAN_NET_HOST)
		return bind_host_sys(root, target, e);
	if (p->net == PLAN_NET_GATEWAY)
		return mount_attach(root->sysfs, target, "/sys", e);
	return mount_fs("sysfs", target, MS_RDONLY | MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL, "/sys",
			e);
}

static int set_read_only(int rootfd, struct err *e)
{
	struct mount_attr ro = {.attr_set = MOUNT_ATTR_RDONLY};

	if (mount_setattr(rootfd, "", AT_EMPTY_PATH, &ro, sizeof(ro)) < 0)
		return err_sys(e, errno, "cannot make the root read-only");
	return 0;
}

/*
 * pivot_root(2), "pivot_root(".", ".")": the old root ends up on top of the new one and is
 * detached.
 */
static int pivot(int rootfd, struct err *e)
{
	if (fchdir(rootfd) < 0 || syscall(SYS_pivot_root, ".", ".") < 0)
		return err_sys(e, errno, "cannot make the box's root the root");
	if (umount2(".", MNT_DETACH) < 0 || chdir("/") < 0)
		return err_sys(e, errno, "cannot leave the host's root");
	return 0;
}

static int build_dev(const struct plan *p, struct rootfs *root, struct err *e)
{
	cleanup_close int memory = -1;
	int r = mount_scratch(root->scratch, "dev", 0755, &memory, e);

	return r < 0 ? r : dev_build(root->fd, memory, p->host_root, &root->pts, e);
}

/*
 * Login shells, su and `env -i` set their own PATH, which always starts with /usr/local, where no
 * package has files. An existing file belongs to the image or the user and stays.
 */
static int link_sudo(int rootfd, struct err *e)
{
	cleanup_close int dir = -1;
	int r = path_open_beneath(rootfd, "/usr/local/bin", O_PATH | O_DIRECTORY, 0, &dir, e);

	if (r == -ENOENT || r == -ENOTDIR)
		return 0;
	if (r < 0)
		return r;
	if (symlinkat(BOX_SUDO_BIN, dir, path_basename(BOX_SUDO_LINK)) < 0 && errno != EEXIST)
		return err_sys(e, errno, "cannot link sudo into the box's /usr/local/bin");
	return 0;
}

int rootfs_image(const struct plan *p, int host, struct rootfs *root, struct err *e)
{
	bool etc = false;
	int r;

	*root = (struct rootfs){.fd = -1, .pts = -1, .scratch = -1, .sysfs = -1};
	if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0)
		return err_sys(e, errno, "cannot make the mount tree private");
	/* One for everything that a box keeps in memory. */
	r = mount_memory(p->staging, &root->scratch, e);
	if (r == 0)
		r = overlay_mount(p, root->scratch, &etc, e);
	if (r == 0)
		r = mount_open_dir(p->staging, &root->fd, e);
	if (r == 0 && !etc)
		r = etc_apply(root->fd, &p->etc, p->hostname, e);
	if (r == 0 && p->sudo && !p->read_only_root)
		r = link_sudo(root->fd, e);
	return r < 0 ? r : mounts_apply(p, MOUNTS_OF_IMAGE, root->fd, host, root->scratch, e);
}

int rootfs_build(const struct plan *p, struct rootfs *root, struct err *e)
{
	cleanup_close int host = -1;
	int r = mount_open_dir("/", &host, e);

	if (r == 0)
		r = rootfs_image(p, host, root, e);
	if (r == 0)
		r = mount_proc(root->fd, e);
	if (r == 0)
		bounds_set(root->fd);
	if (r == 0)
		r = build_dev(p, root, e);
	return r < 0 ? r : mounts_apply(p, MOUNTS_OF_DEV, root->fd, host, root->scratch, e);
}

int rootfs_enter(const struct plan *p, const struct rootfs *root, struct err *e)
{
	int r = mount_sys(p, root, e);

	if (r == 0 && p->host_root)
		r = mask_host_root(root->fd, root->scratch, e);
	if (r == 0 && p->read_only_root)
		r = set_read_only(root->fd, e);
	return r < 0 ? r : pivot(root->fd, e);
}
