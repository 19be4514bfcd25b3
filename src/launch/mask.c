/*
 * mask.c - hiding or write-protecting parts of the kernel's file systems in a box.
 *
 * Modes, and capabilities in the host's user namespace, already protect those files from all but
 * two: members of a group that the administrator allowed to trace the kernel, and the host's root.
 * Boxes of other users see all of /proc, so that boxes can be made inside them
 * (mount_too_revealing()).
 */
#include "launch/mask.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/mem.h"
#include "base/path.h"
#include "launch/mount.h"

/* In the box's memory. */
#define EMPTY_DIR  "masked"
#define EMPTY_FILE "masked-file"

/* An empty file or directory, as a detached mount. */
static int clone_empty(int scratch, bool folder, int *ret_fd, struct err *e)
{
	const char *name = folder ? EMPTY_DIR : EMPTY_FILE;
	int fd, r = folder ? mkdirat(scratch, name, 0555)
			   : mknodat(scratch, name, S_IFREG | 0444, 0);

	if (r < 0 && errno != EEXIST)
		return err_sys(e, errno, "cannot make '%s' in the box's memory", name);
	fd = open_tree(scratch, name, OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC);
	if (fd < 0)
		return err_sys(e, errno, "cannot clone '%s' of the box's memory", name);
	*ret_fd = fd;
	return 0;
}

/* Mounts something empty over the path, if it exists. */
static int hide(int rootfd, int scratch, const char *path, struct err *e)
{
	struct mount_attr ro = {.attr_set = MOUNT_ATTR_RDONLY};
	cleanup_close int target = -1, empty = -1;
	struct stat st;
	int r = path_open_nolinks(rootfd, path, O_PATH, 0, &target, e);

	if (r < 0)
		return r == -ENOENT || r == -ENOTDIR ? 0 : r;
	if (fstat(target, &st) < 0)
		return err_sys(e, errno, "cannot look at '%s'", path);
	r = clone_empty(scratch, S_ISDIR(st.st_mode), &empty, e);
	if (r == 0 && mount_setattr(empty, "", AT_EMPTY_PATH, &ro, sizeof(ro)) < 0)
		r = err_sys(e, errno, "cannot make what hides '%s' read-only", path);
	return r < 0 ? r : mount_attach(empty, target, path, e);
}

/* Is something other than sysfs mounted there, and may the user look into it? */
static bool is_open(int rootfd, const char *path)
{
	cleanup_close int fd = openat(rootfd, path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	struct statfs fs;

	return fd >= 0 && fstatfs(fd, &fs) == 0 && fs.f_type != SYSFS_MAGIC;
}

int mask_host_sys(int rootfd, int scratch, struct err *e)
{
	/* It would name every service and container. */
	int r = hide(rootfd, scratch, "/sys/fs/cgroup", e);

	if (r == 0 && is_open(rootfd, "sys/kernel/debug/."))
		r = hide(rootfd, scratch, "/sys/kernel/debug", e);
	if (r == 0 && is_open(rootfd, "sys/kernel/tracing/."))
		r = hide(rootfd, scratch, "/sys/kernel/tracing", e);
	return r;
}

/* Paths by which the host's root can change the host without any capability. */
static int make_read_only(int rootfd, const char *path, struct err *e)
{
	struct mount_attr ro = {.attr_set = MOUNT_ATTR_RDONLY};
	cleanup_close int target = -1, tree = -1;
	int r = path_open_nolinks(rootfd, path, O_PATH, 0, &target, e);

	if (r < 0)
		return r == -ENOENT ? 0 : r;
	tree = open_tree(target, "", OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_EMPTY_PATH);
	if (tree < 0 || mount_setattr(tree, "", AT_EMPTY_PATH, &ro, sizeof(ro)) < 0)
		return err_sys(e, errno, "cannot make '%s' read-only", path);
	return mount_attach(tree, target, path, e);
}

int mask_host_root(int rootfd, int scratch, struct err *e)
{
	static const char *const read_only[] = {
		"/proc/sys", "/proc/sysrq-trigger", "/proc/irq",      "/proc/bus",
		"/proc/fs",  "/proc/mtrr",	    "/proc/pressure", "/proc/dynamic_debug",
	};
	static const char *const hidden[] = {
		/* addresses and contents of kernel memory, its users, its keys */
		"/proc/kcore", "/proc/kallsyms", "/proc/kmsg", "/proc/kpagecount",
		"/proc/kpageflags", "/proc/kpagecgroup", "/proc/vmallocinfo", "/proc/slabinfo",
		"/proc/iomem", "/proc/ioports", "/proc/modules", "/proc/keys", "/proc/key-users",
		"/proc/timer_list", "/proc/sched_debug", "/proc/latency_stats", "/proc/allocinfo",
		"/proc/pagetypeinfo",
		/* devices and firmware */
		"/proc/scsi", "/proc/acpi", "/proc/asound", "/proc/vmcore", "/sys/firmware",
		"/sys/devices/virtual/powercap",
		/* other kernel file systems */
		"/sys/kernel/debug", "/sys/kernel/tracing", "/sys/kernel/security",
		"/sys/kernel/config", "/sys/fs/bpf", "/sys/fs/pstore", "/sys/fs/fuse/connections",
		"/sys/fs/selinux", "/sys/hypervisor"};
	int r = 0;

	for (size_t i = 0; r == 0 && i < ARRAY_SIZE(read_only); i++)
		r = make_read_only(rootfd, read_only[i], e);
	for (size_t i = 0; r == 0 && i < ARRAY_SIZE(hidden); i++)
		r = hide(rootfd, scratch, hidden[i], e);
	return r;
}
