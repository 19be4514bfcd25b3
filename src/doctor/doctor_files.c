/*
 * doctor_files.c - where boxes keep their files, and whether an overlay can be mounted there.
 *
 * Owns one temporary directory during the overlay check, and removes it.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/path.h"
#include "config/xdg.h"
#include "doctor/doctor_probe.h"

/* statfs(2) f_type of file systems that are named here. */
static const struct {
	long type;
	const char *name;
	bool remote; /* the kernel refuses an overlay's upper on it */
} file_systems[] = {
	{NFS_SUPER_MAGIC, "NFS", true},	   {SMB_SUPER_MAGIC, "SMB", true},
	{0xff534d42, "CIFS", true}, /* CIFS_SUPER_MAGIC, fs/smb/client/cifsfs.h */
	{0x65735546, "FUSE", true}, /* FUSE_SUPER_MAGIC, fs/fuse/inode.c */
	{V9FS_MAGIC, "9p", true},	   {OVERLAYFS_SUPER_MAGIC, "overlay", false},
	{EXT4_SUPER_MAGIC, "ext4", false}, {BTRFS_SUPER_MAGIC, "btrfs", false},
	{XFS_SUPER_MAGIC, "xfs", false},   {TMPFS_MAGIC, "tmpfs", false},
	{0x2fc12fc1, "zfs", false}, /* ZFS_SUPER_MAGIC, openzfs */
};

static const char *file_system_name(const char *path, bool *ret_remote)
{
	struct statfs fs;

	*ret_remote = false;
	if (statfs(path, &fs) < 0)
		return "unknown";
	for (size_t i = 0; i < ARRAY_SIZE(file_systems); i++) {
		if ((unsigned long)fs.f_type == (unsigned long)file_systems[i].type) {
			*ret_remote = file_systems[i].remote;
			return file_systems[i].name;
		}
	}
	return "another file system";
}

/* path, or the nearest directory above it that exists. The caller frees it. */
static char *existing_dir(const char *path)
{
	char *dir = xstrdup(path);
	struct stat st;

	while (stat(dir, &st) < 0 && strrchr(dir, '/') != dir)
		*strrchr(dir, '/') = '\0';
	if (stat(dir, &st) < 0) {
		free(dir);
		return xstrdup("/");
	}
	return dir;
}

void doctor_check_data(const struct doctor_place *place, struct doctor_result *ret)
{
	cleanup_free char *dir = existing_dir(place->data_dir);
	bool remote, there = streq(dir, place->data_dir);
	const char *name = file_system_name(dir, &remote);
	struct stat st;

	if (stat(dir, &st) < 0 || !S_ISDIR(st.st_mode) || access(dir, W_OK | X_OK) < 0 ||
	    (there && st.st_uid != geteuid())) {
		doctor_set(ret, DOCTOR_FAIL, NULL,
			   "'%s' is not a directory that you own and can write to", dir);
		doctor_fix(ret, "export XDG_DATA_HOME=/a/directory/of/yours");
		return;
	}
	doctor_set(ret, remote ? DOCTOR_NOTE : DOCTOR_OK, NULL, "'%s'%s, on %s", place->data_dir,
		   there ? "" : " (not made yet)", name);
	if (remote)
		doctor_fix(ret, "export XDG_DATA_HOME=/a/directory/on/a/local/disk");
}

/*
 * Copies up, makes a whiteout and an opaque directory: together these need everything that an upper
 * must support.
 */
static int use_overlay(void)
{
	cleanup_close int fd = -1;

	if (mount("overlay", "merged", "overlay", MS_NOSUID | MS_NODEV,
		  "userxattr,index=on,lowerdir=lower,upperdir=upper,workdir=work") < 0)
		return -errno;
	fd = open("merged/changed", O_WRONLY | O_APPEND | O_CLOEXEC);
	if (fd < 0 || write_all(fd, "x", 1) < 0 || unlink("merged/removed") < 0 ||
	    rmdir("merged/dir") < 0 || mkdir("merged/dir", 0755) < 0)
		return -errno;
	return 0;
}

static int try_overlay(void *arg)
{
	return chdir(arg) < 0 ? -errno : use_overlay();
}

static int make_tree(const char *top)
{
	cleanup_close int dir = open(top, O_DIRECTORY | O_CLOEXEC);
	static const char *const dirs[] = {"lower", "lower/dir", "upper", "work", "merged"};
	static const char *const files[] = {"lower/changed", "lower/removed"};

	if (dir < 0)
		return -errno;
	for (size_t i = 0; i < ARRAY_SIZE(dirs); i++)
		if (mkdirat(dir, dirs[i], 0755) < 0)
			return -errno;
	for (size_t i = 0; i < ARRAY_SIZE(files); i++) {
		cleanup_close int fd = openat(dir, files[i],
					      O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0644);

		if (fd < 0)
			return -errno;
	}
	return 0;
}

/* The same on a tmpfs over /tmp, visible only in the child. */
static int try_tmpfs(void *arg)
{
	int r;

	(void)arg;
	if (mount("tmpfs", "/tmp", "tmpfs", MS_NOSUID | MS_NODEV, "mode=0700") < 0)
		return -errno;
	r = make_tree("/tmp");
	return r < 0 ? r : try_overlay((char[]){"/tmp"});
}

/* Tries an overlay in a temporary directory on the file system of the data directory. */
static int try_overlay_at(const char *data_dir, const char **step)
{
	cleanup_free char *work_dir = path_join(data_dir, "tmp"), *dir = existing_dir(work_dir);
	cleanup_free char *top = path_join(dir, ".sandbox-doctor-XXXXXX");
	struct err e;
	int r;

	*step = "";
	if (!mkdtemp(top))
		return -errno;
	r = make_tree(top);
	if (r == 0)
		r = doctor_try(0, try_overlay, top, step);
	if (file_remove_tree(AT_FDCWD, top, &e) < 0 && r == 0)
		r = -e.code;
	return r;
}

void doctor_check_overlay(const struct doctor_place *place, struct doctor_result *ret)
{
	const char *step, *tmpfs_step;
	int r = try_overlay_at(place->data_dir, &step), t;

	if (*step) {
		doctor_set(ret, DOCTOR_FAIL, NULL, "not tried: no user namespaces");
		return;
	}
	t = doctor_try(0, try_tmpfs, NULL, &tmpfs_step);
	if (r == 0) {
		doctor_set(ret, DOCTOR_OK, "changes are kept in the data directory",
			   "mounted one with its upper below the data directory%s",
			   t == 0 ? ", and one in memory" : "; in memory it cannot (Linux 6.6)");
		return;
	}
	if (t == 0)
		doctor_set(ret, DOCTOR_NOTE,
			   "only throw-away boxes (sandbox run): their changes are in memory",
			   "an upper below the data directory does not work: %s; in memory it does",
			   strerror(-r));
	else
		doctor_set(ret, DOCTOR_FAIL, NULL,
			   "an upper below the data directory: %s; in memory: %s", strerror(-r),
			   strerror(-t));
	if (r == -ENODEV)
		doctor_fix(ret, "sudo modprobe overlay");
	else
		doctor_fix(ret, "export XDG_DATA_HOME=/a/directory/on/ext4/xfs/or/btrfs");
}

void doctor_check_runtime(const struct doctor_place *place, struct doctor_result *ret)
{
	cleanup_free char *dir = NULL;
	struct err e;

	(void)place;
	if (xdg_runtime_dir(&dir, &e) == 0) {
		doctor_set(ret, DOCTOR_OK, NULL, "'%s'", dir);
		return;
	}
	doctor_set(ret, DOCTOR_FAIL, NULL, "%s", e.msg);
	doctor_fix(ret, "export XDG_RUNTIME_DIR=/a/directory/of/yours");
}
