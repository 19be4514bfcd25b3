/*
 * mounts.c - cloning sources, resolving targets, attaching one to the other.
 *
 * The calls, per bind mount:
 *	open_tree(source, CLONE | RECURSIVE)	a detached copy of the mounts
 *	mount_setattr(RECURSIVE)		nosuid, nodev, and read-only when asked for
 *	openat2(root, target, IN_ROOT)		the target, whatever symlinks the image holds
 *	move_mount(EMPTY_PATH, EMPTY_PATH)	attached, by two descriptors
 */
#include "launch/mounts.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/mem.h"
#include "base/path.h"
#include "launch/files.h"
#include "launch/mount.h"
#include "launch/overlay.h"
#include "launch/seed.h"

/* A file to mount on: opens it, or creates it empty in its directory. */
static int open_file_target(int rootfd, const char *path, int *ret_fd, struct err *e)
{
	cleanup_free char *dir = xstrndup(path, (size_t)(path_basename(path) - path));
	cleanup_close int parent = -1, made = -1;
	int r = path_open_beneath(rootfd, path, O_PATH, 0, ret_fd, e);

	if (r != -ENOENT)
		return r;
	r = path_mkdirs_beneath(rootfd, dir, 0755, &parent, e);
	if (r < 0)
		return r;
	made = openat(parent, path_basename(path), O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0644);
	if (made < 0)
		return err_sys(e, errno, "cannot make '%s' in the box", path);
	*ret_fd = take_fd(&made);
	return 0;
}

/* Clones the source of a bind mount, detached. */
static int clone_bind(const struct plan_mount *m, int hostfd, int *ret_fd, struct err *e)
{
	unsigned long long attrs = MOUNT_ATTR_NOSUID | (m->device ? 0 : MOUNT_ATTR_NODEV);

	if (m->read_only)
		attrs |= MOUNT_ATTR_RDONLY;
	return mount_clone(hostfd, m->source, attrs, ret_fd, e);
}

int mounts_open_target(const struct plan_mount *m, int rootfd, int source, int *ret_fd,
		       struct err *e)
{
	struct stat st;

	if (fstat(source, &st) < 0)
		return err_sys(e, errno, "cannot look at '%s'", m->source);
	if (S_ISDIR(st.st_mode))
		return path_mkdirs_beneath(rootfd, m->target, 0755, ret_fd, e);
	return open_file_target(rootfd, m->target, ret_fd, e);
}

/* The copy is on disk before the mark goes: a power cut leaves the mark, or a whole copy. */
static int fill_volume(const struct plan_mount *m, int rootfd, int hostfd, struct err *e)
{
	cleanup_close int from = -1, to = -1;
	int r = path_open_beneath(rootfd, m->target, O_RDONLY | O_DIRECTORY, 0, &from, e);
	struct stat root, there;

	if (r < 0 && r != -ENOENT)
		return r;
	/* What is in another mount, such as the project, is not the image's. */
	if (from >= 0 && (fstat(rootfd, &root) < 0 || fstat(from, &there) < 0))
		return err_sys(e, errno, "cannot look at '%s'", m->target);
	if (from >= 0 && root.st_dev != there.st_dev)
		close_fd(&from);
	to = openat(hostfd, m->source + 1, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (to < 0)
		return err_sys(e, errno, "cannot open '%s'", m->source);
	r = from < 0 ? 0 : seed_whole(from, to, e);
	if (r < 0)
		return err_add(e, "cannot fill it from the image");
	if (syncfs(to) < 0 || unlinkat(hostfd, m->unfilled + 1, 0) < 0)
		return err_sys(e, errno, "cannot note that it is filled");
	return 0;
}

static int apply_bind(const struct plan_mount *m, size_t i, int rootfd, int hostfd, struct err *e)
{
	cleanup_close int source = -1, target = -1, beside = -1;
	int r = 0, followed = 1;

	if (m->beside) {
		r = path_open_beneath(rootfd, m->beside, O_PATH, 0, &beside, e);
		if (r == -ENOENT)
			return 0;
	}
	if (r == 0 && m->replace) {
		r = path_open_beneath(rootfd, m->target, O_PATH, 0, &target, e);
		if (r == -ENOENT)
			return 0;
	}
	if (r == 0 && m->unfilled)
		r = fill_volume(m, rootfd, hostfd, e);
	if (r == 0 && m->follow)
		r = followed = files_copy(rootfd, hostfd, m->source, i, &source, e);
	if (r >= 0 && followed == 1)
		r = clone_bind(m, hostfd, &source, e);
	if (r == 0 && target < 0)
		r = mounts_open_target(m, rootfd, source, &target, e);
	if (r < 0)
		return err_add(e, "cannot mount '%s'", m->target);
	return mount_attach(source, target, m->target, e);
}

static int apply_text(const struct plan_mount *m, size_t i, int rootfd, struct err *e)
{
	cleanup_close int source = -1, target = -1;
	int r = files_make(rootfd, m, i, &source, e);

	if (r == 0)
		r = open_file_target(rootfd, m->target, &target, e);
	return r < 0 ? err_add(e, "cannot make '%s'", m->target)
		     : mount_attach(source, target, m->target, e);
}

static int mount_sized_tmpfs(const struct plan_mount *m, int target, struct err *e)
{
	char data[64];

	snprintf(data, sizeof(data), "mode=%o,size=%llu", m->mode ? m->mode : 0755, m->size);
	return mount_fs("tmpfs", target, MS_NOSUID | MS_NODEV, data, m->target, e);
}

/*
 * Follows a symlink of the image, but not to the root itself: a mount there would stay invisible.
 */
static int seed(const struct plan_mount *m, int rootfd, int target, int memory, struct err *e)
{
	static const char *const ours[] = {"sandbox", "host", "user", NULL}, *const none = NULL;
	struct stat root, there;

	if (fstat(rootfd, &root) < 0 || fstat(target, &there) < 0)
		return err_sys(e, errno, "cannot look at '%s'", m->target);
	if (root.st_ino == there.st_ino && root.st_dev == there.st_dev)
		return err_set(e, ELOOP, "it is a symlink to '/' in the image");
	return seed_folder(target, memory, streq(m->target, "/run") ? ours : &none, e);
}

static int apply_tmpfs(const struct plan_mount *m, size_t i, int rootfd, int scratch, struct err *e)
{
	cleanup_close int target = -1, memory = -1;
	char name[32];
	int r = path_mkdirs_beneath(rootfd, m->target, 0755, &target, e);

	if (r == 0 && m->size)
		return mount_sized_tmpfs(m, target, e);
	snprintf(name, sizeof(name), "mount-%zu", i);
	if (r == 0)
		r = mount_scratch(scratch, name, m->mode ? m->mode : 0755, &memory, e);
	if (r == 0 && m->seeded)
		r = seed(m, rootfd, target, memory, e);
	/* /run also holds the box's own files. */
	if (r == -EFBIG && streq(m->target, "/tmp")) {
		snprintf(name, sizeof(name), "over-%zu", i);
		r = overlay_mount_upon(m, scratch, name, target, e);
		return r < 0 ? err_add(e, "cannot mount '%s'", m->target) : 0;
	}
	return r < 0 ? err_add(e, "cannot mount '%s'", m->target)
		     : mount_attach(memory, target, m->target, e);
}

static int apply_overlay(const struct plan_mount *m, size_t i, int rootfd, int hostfd, int scratch,
			 struct err *e)
{
	cleanup_close int target = -1;
	char name[32];
	int r = path_mkdirs_beneath(rootfd, m->target, 0755, &target, e);

	snprintf(name, sizeof(name), "overlay-%zu", i);
	if (r == 0)
		r = overlay_mount_folder(m, hostfd, scratch, name, target, e);
	return r < 0 ? err_add(e, "cannot mount '%s'", m->target) : 0;
}

static int apply_dir(const struct plan_mount *m, int rootfd, struct err *e)
{
	cleanup_close int target = -1;

	return path_mkdirs_beneath(rootfd, m->target, m->mode ? m->mode : 0755, &target, e);
}

int mounts_apply(const struct plan *p, enum mounts_part part, int rootfd, int hostfd, int scratch,
		 struct err *e)
{
	for (size_t i = 0; i < p->n_mounts; i++) {
		const struct plan_mount *m = &p->mounts[i];
		bool dev = path_is_beneath(m->target, "/dev");
		int r = 0;

		if (dev != (part == MOUNTS_OF_DEV))
			continue;
		switch (m->kind) {
		case PLAN_MOUNT_BIND:
			r = apply_bind(m, i, rootfd, hostfd, e);
			break;
		case PLAN_MOUNT_TEXT:
			r = apply_text(m, i, rootfd, e);
			break;
		case PLAN_MOUNT_TMPFS:
			r = apply_tmpfs(m, i, rootfd, scratch, e);
			break;
		case PLAN_MOUNT_OVERLAY:
			r = apply_overlay(m, i, rootfd, hostfd, scratch, e);
			break;
		case PLAN_MOUNT_DIR:
			r = apply_dir(m, rootfd, e);
			break;
		}
		if (r < 0)
			return r;
	}
	return 0;
}
