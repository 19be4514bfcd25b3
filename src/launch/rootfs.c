/*
 * rootfs.c - building the root of a box.
 *
 * The order of the mount calls:
 *	1  /		 make-rprivate		 nothing we do propagates anywhere
 *	2  memory	 tmpfs on the staging folder: /dev, /tmp, /run, an upper where there is none
 *	3  root		 overlay on the staging folder
 *	4  /etc		 the user's and the network's lines, while links can lead nowhere else
 *	5  the plan's mounts, in order; a link of the image can take none to what comes next
 *	6  /proc	 proc; needs a fully visible proc still mounted (mount_too_revealing())
 *	7  /dev		 memory, nodes, devpts; then the plan's mounts upon /dev/shm
 *	8  /sys		 sysfs of an own network namespace, else the host's, read-only
 *	9  masks	 /proc/sys and kin read-only, where we are the host's root
 *	10 pivot_root(".", "."), detach the old root
 *
 * Lower, upper and work folders reach the overlay as /proc/self/fd/N, so that no character of a
 * path can be taken for an option, and the data of 200 layers fits mount(2)'s one page.
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
#include "launch/dev.h"
#include "launch/etc.h"
#include "launch/mounts.h"

static int open_dir(const char *path, int *ret_fd, struct err *e)
{
	*ret_fd = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	return *ret_fd < 0 ? err_sys(e, errno, "cannot open '%s'", path) : 0;
}

/* Descriptors that the overlay's options name; open until it is mounted. */
struct overlay_dirs {
	int lowers[PLAN_MAX_LOWERS];
	size_t n_lowers;
	int upper, work;
};

static void close_overlay_dirs(struct overlay_dirs *d)
{
	for (size_t i = 0; i < d->n_lowers; i++)
		close_fd(&d->lowers[i]);
	close_fd(&d->upper);
	close_fd(&d->work);
}

/* One tmpfs for all that a box keeps in memory; it goes with the mount namespace. */
static int mount_memory(const char *staging, int *ret_fd, struct err *e)
{
	if (mount("tmpfs", staging, "tmpfs", MS_NOSUID | MS_NODEV, "mode=0700") < 0)
		return err_sys(e, errno, "cannot mount tmpfs for the box's files");
	return open_dir(staging, ret_fd, e);
}

/* Without an upper folder: one in memory. */
static int open_memory_upper(int scratch, struct overlay_dirs *d, struct err *e)
{
	if (mkdirat(scratch, "upper", 0755) < 0 || mkdirat(scratch, "work", 0700) < 0)
		return err_sys(e, errno, "cannot make the box's upper folder in memory");
	d->upper = openat(scratch, "upper", O_PATH | O_DIRECTORY | O_CLOEXEC);
	d->work = openat(scratch, "work", O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (d->upper < 0 || d->work < 0)
		return err_sys(e, errno, "cannot open the box's upper folder in memory");
	return 0;
}

static int open_overlay_dirs(const struct plan *p, int scratch, struct overlay_dirs *d,
			     struct err *e)
{
	int r = 0;

	for (; r == 0 && d->n_lowers < p->n_lowers; d->n_lowers++)
		r = open_dir(p->lowers[d->n_lowers], &d->lowers[d->n_lowers], e);
	if (r == 0 && !p->upper)
		return open_memory_upper(scratch, d, e);
	if (r == 0)
		r = open_dir(p->upper, &d->upper, e);
	if (r == 0)
		r = open_dir(p->work, &d->work, e);
	return r;
}

/* Why the kernel said no to an overlay, in words that help. */
static int overlay_error(const struct plan *p, int errnum, struct err *e)
{
	if (errnum == EBUSY)
		return err_set(e, EBUSY, "the box's files are in use by another mount");
	if (errnum == EINVAL || errnum == ENODEV || errnum == EPERM)
		return err_sys(e, errnum, "cannot mount the overlay of '%s' (see sandbox doctor)",
			       p->lowers[0]);
	return err_sys(e, errnum, "cannot mount the overlay of '%s'", p->lowers[0]);
}

/* Without room for its work folder the overlay comes up read-only and says so in the log alone. */
static int check_writable(const struct plan *p, struct err *e)
{
	struct statfs fs;

	if (statfs(p->staging, &fs) < 0 || !(fs.f_flags & ST_RDONLY))
		return 0;
	return err_sys(e, ENOSPC, "cannot make the overlay's work folder in '%s'",
		       p->work ? p->work : "memory");
}

/*
 * userxattr: marks in user.overlay.*, the only ones we may write (Linux 5.11). index=on: a second
 * mount of a live upper is EBUSY instead of undefined behaviour.
 */
static int mount_overlay(const struct plan *p, int scratch, struct err *e)
{
	__attribute__((cleanup(close_overlay_dirs))) struct overlay_dirs d = {.upper = -1,
									      .work = -1};
	cleanup_buf struct buf data = BUF_INIT;
	int r = open_overlay_dirs(p, scratch, &d, e);

	if (r < 0)
		return r;
	buf_addstr(&data, "userxattr,index=on,lowerdir=");
	for (size_t i = 0; i < d.n_lowers; i++)
		buf_addf(&data, "%s%s", i ? ":" : "", fd_path(d.lowers[i]).s);
	buf_addf(&data, ",upperdir=%s,workdir=%s", fd_path(d.upper).s, fd_path(d.work).s);
	if (mount("overlay", p->staging, "overlay", MS_NOSUID | MS_NODEV, data.data) < 0)
		return overlay_error(p, errno, e);
	return check_writable(p, e);
}

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

/* The host's /sys comes with its cgroup tree, which would name every service and container. */
static int cover_cgroups(const struct rootfs *root, struct err *e)
{
	cleanup_close int target = -1, empty = -1;
	int r = path_open_nolinks(root->fd, "/sys/fs/cgroup", O_PATH | O_DIRECTORY, 0, &target, e);

	if (r < 0)
		return r == -ENOENT ? 0 : r;
	r = mount_scratch(root->scratch, "cgroup", 0555, &empty, e);
	return r < 0 ? r : mount_attach(empty, target, "/sys/fs/cgroup", e);
}

static int bind_host_sys(const struct rootfs *root, int target, struct err *e)
{
	cleanup_close int host = -1, sys = -1;
	int r = open_dir("/", &host, e);

	if (r == 0)
		r = mount_clone(host, "/sys",
				MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV |
					MOUNT_ATTR_NOEXEC,
				&sys, e);
	if (r == 0)
		r = mount_attach(sys, target, "/sys", e);
	return r < 0 ? r : cover_cgroups(root, e);
}

/* sysfs belongs to a network namespace and can only be mounted by who owns that. */
static int mount_sys(const struct plan *p, const struct rootfs *root, struct err *e)
{
	cleanup_close int target = -1;
	int r = mount_open_fixed_dir(root->fd, "/sys", &target, e);

	if (r < 0)
		return r;
	if (p->net == PLAN_NET_HOST)
		return bind_host_sys(root, target, e);
	return mount_fs("sysfs", target, MS_RDONLY | MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL, "/sys",
			e);
}

/* Paths through which the host's root changes the host without any capability. */
static int mask_proc(int rootfd, struct err *e)
{
	static const char *const masked[] = {
		"/proc/sys",	  "/proc/sysrq-trigger", "/proc/irq",  "/proc/bus",
		"/proc/fs",	  "/proc/scsi",		 "/proc/acpi", "/proc/mtrr",
		"/proc/pressure", "/proc/dynamic_debug"};
	struct mount_attr ro = {.attr_set = MOUNT_ATTR_RDONLY};

	for (size_t i = 0; i < ARRAY_SIZE(masked); i++) {
		cleanup_close int target = -1, tree = -1;
		int r = path_open_nolinks(rootfd, masked[i], O_PATH, 0, &target, e);

		if (r == -ENOENT)
			continue;
		if (r < 0)
			return r;
		tree = open_tree(target, "", OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_EMPTY_PATH);
		if (tree < 0 || mount_setattr(tree, "", AT_EMPTY_PATH, &ro, sizeof(ro)) < 0)
			return err_sys(e, errno, "cannot make '%s' read-only", masked[i]);
		if ((r = mount_attach(tree, target, masked[i], e)) < 0)
			return r;
	}
	return 0;
}

static int set_read_only(int rootfd, struct err *e)
{
	struct mount_attr ro = {.attr_set = MOUNT_ATTR_RDONLY};

	if (mount_setattr(rootfd, "", AT_EMPTY_PATH, &ro, sizeof(ro)) < 0)
		return err_sys(e, errno, "cannot make the root read-only");
	return 0;
}

/* pivot_root(2), "pivot_root(".", ".")": the old root ends up on top of the new and is let go. */
static int pivot(int rootfd, struct err *e)
{
	if (fchdir(rootfd) < 0 || syscall(SYS_pivot_root, ".", ".") < 0)
		return err_sys(e, errno, "cannot make the box's root the root");
	if (umount2(".", MNT_DETACH) < 0 || chdir("/") < 0)
		return err_sys(e, errno, "cannot leave the host's root");
	return 0;
}

static int build_dev(const struct plan *p, int scratch, struct rootfs *root, struct err *e)
{
	cleanup_close int memory = -1;
	int r = mount_scratch(scratch, "dev", 0755, &memory, e);

	return r < 0 ? r : dev_build(root->fd, memory, p->host_root, &root->pts, e);
}

int rootfs_build(const struct plan *p, struct rootfs *ret, struct err *e)
{
	cleanup_close int scratch = -1, host = -1;
	int r = open_dir("/", &host, e);

	*ret = (struct rootfs){.fd = -1, .pts = -1, .scratch = -1};
	if (r < 0)
		return r;
	if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0)
		return err_sys(e, errno, "cannot make the mount tree private");
	r = mount_memory(p->staging, &scratch, e);
	if (r == 0)
		r = mount_overlay(p, scratch, e);
	if (r == 0)
		r = open_dir(p->staging, &ret->fd, e);
	if (r == 0)
		r = etc_apply(ret->fd, &p->etc, e);
	if (r == 0)
		r = mounts_apply(p, MOUNTS_OF_IMAGE, ret->fd, host, scratch, e);
	if (r == 0)
		r = mount_proc(ret->fd, e);
	if (r == 0)
		r = build_dev(p, scratch, ret, e);
	if (r == 0)
		r = mounts_apply(p, MOUNTS_OF_DEV, ret->fd, host, scratch, e);
	ret->scratch = take_fd(&scratch);
	return r;
}

int rootfs_enter(const struct plan *p, const struct rootfs *root, struct err *e)
{
	int r = mount_sys(p, root, e);

	if (r == 0 && p->host_root)
		r = mask_proc(root->fd, e);
	if (r == 0 && p->read_only_root)
		r = set_read_only(root->fd, e);
	return r < 0 ? r : pivot(root->fd, e);
}
