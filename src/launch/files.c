/*
 * files.c - single files of the host in a box.
 *
 * A copy is rewritten in place, so that mounts of it show the new content. Code in the box can
 * write to this memory, which is harmless: only the box itself sees it.
 */
#include "launch/files.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/file.h"
#include "base/path.h"
#include "launch/box_paths.h"

#define FILES_DIR BOX_HOST_DIR "/files"

/* times: as of futimens(); NULL: now. */
static int write_file(int dir, const char *name, const char *data, size_t len, mode_t mode,
		      const struct timespec *times, struct err *e)
{
	cleanup_close int fd = openat(dir, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	int r = fd < 0 ? -errno : write_all(fd, data, len);

	if (r == 0 && fchmod(fd, mode & 0777) < 0)
		r = -errno;
	if (r < 0)
		return err_sys(e, -r, "cannot write it");
	if (times)
		futimens(fd, times);
	return 0;
}

/* Makes file i; its mount is read-only. */
static int make_file(int rootfd, size_t i, const char *data, size_t len, mode_t mode,
		     const struct timespec *times, int *ret_tree, struct err *e)
{
	struct mount_attr attr = {.attr_set = MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID |
					      MOUNT_ATTR_NODEV};
	cleanup_close int dir = -1, tree = -1;
	char name[32];
	int r = path_mkdirs_beneath(rootfd, FILES_DIR, 0755, &dir, e);

	snprintf(name, sizeof(name), "%zu", i);
	if (r == 0)
		r = write_file(dir, name, data, len, mode, times, e);
	if (r < 0)
		return r;
	tree = open_tree(dir, name, OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC);
	if (tree < 0 || mount_setattr(tree, "", AT_EMPTY_PATH, &attr, sizeof(attr)) < 0)
		return err_sys(e, errno, "cannot mount it");
	*ret_tree = take_fd(&tree);
	return 0;
}

int files_make(int rootfd, const struct plan_mount *m, size_t i, int *ret_tree, struct err *e)
{
	return make_file(rootfd, i, m->source, strlen(m->source), m->mode, NULL, ret_tree, e);
}

int files_copy(int rootfd, int hostfd, const char *source, size_t i, int *ret_tree, struct err *e)
{
	cleanup_close int from = -1;
	cleanup_buf struct buf text = BUF_INIT;
	struct stat st;
	int r = path_open_nolinks(hostfd, source, O_PATH, 0, &from, e);

	if (r < 0)
		return err_add(e, "cannot use '%s'", source);
	if (fstat(from, &st) < 0 || !S_ISREG(st.st_mode) || st.st_size > FILES_FOLLOW_MAX)
		return 1;
	close_fd(&from);
	r = path_open_nolinks(hostfd, source, O_RDONLY | O_NONBLOCK | O_NOCTTY, 0, &from, e);
	if (r == -EACCES)
		return 1; /* nobody inside could read it either */
	if (r == 0)
		r = file_read_fd(from, source, FILES_FOLLOW_MAX, &text, e);
	if (r == 0)
		r = make_file(rootfd, i, text.data, text.len, st.st_mode,
			      (const struct timespec[]){st.st_atim, st.st_mtim}, ret_tree, e);
	return r < 0 ? err_add(e, "cannot use '%s'", source) : 0;
}

/* Its mode may deny its owner writing. */
static void rewrite(int dir, uint32_t index, const void *data, uint32_t size)
{
	cleanup_close int fd = -1;
	struct stat st;
	char name[32];

	snprintf(name, sizeof(name), "%u", index);
	if (file_holds(dir, name, data, size) || fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) < 0 ||
	    !S_ISREG(st.st_mode))
		return;
	fd = openat(dir, name, O_WRONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	if (fd >= 0 && pwrite(fd, data, size, 0) == (ssize_t)size)
		(void)!ftruncate(fd, size);
}

void files_refresh(const void *data, uint32_t size)
{
	cleanup_close int dir = open(FILES_DIR, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	const char *at = data;
	struct session_file head;

	while (dir >= 0 && size >= sizeof(head)) {
		memcpy(&head, at, sizeof(head));
		at += sizeof(head);
		size -= (uint32_t)sizeof(head);
		if (head.size > size)
			return;
		rewrite(dir, head.index, at, head.size);
		at += head.size;
		size -= head.size;
	}
}
