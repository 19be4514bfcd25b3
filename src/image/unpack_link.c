/*
 * unpack_link.c - hard links of a layer: to its own files now, to those of layers below later.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/path.h"
#include "image/unpack.h"

/* -ENOENT: the layer has no such file. */
static int link_within(struct unpack *u, int target_dir, const char *target, const char *name,
		       struct err *e)
{
	struct stat have, want;
	bool hidden;
	int r;

	if (linkat(target_dir, target, u->parent_fd, name, 0) == 0)
		return 0;
	if (errno != EEXIST)
		return errno == ENOENT ? -ENOENT : err_sys(e, errno, "cannot make the hard link");
	if (fstatat(target_dir, target, &want, AT_SYMLINK_NOFOLLOW) < 0)
		return -ENOENT;
	if (fstatat(u->parent_fd, name, &have, AT_SYMLINK_NOFOLLOW) == 0 &&
	    have.st_ino == want.st_ino && have.st_dev == want.st_dev)
		return 0;
	r = unpack_make_room(u, name, &hidden, e);
	if (r == 0 && linkat(target_dir, target, u->parent_fd, name, 0) < 0)
		r = errno == ENOENT ? -ENOENT : err_sys(e, errno, "cannot make the hard link");
	return r;
}

int unpack_hardlink(struct unpack *u, struct archive_entry *entry, const char *name,
		    struct meta_entry *m, struct err *e)
{
	cleanup_free char *target = NULL, *dir = NULL, *real = NULL;
	cleanup_close int target_dir = -1;
	const char *base;
	struct stat st;
	int r = unpack_clean_name(archive_entry_hardlink(entry), &target, e);

	if (r == 0 && !*target)
		r = err_set(e, EBADMSG, "it is a hard link to the root");
	if (r < 0)
		return r;
	base = path_basename(target);
	dir = xstrndup(target, base > target ? (size_t)(base - target - 1) : 0);
	r = path_open_beneath(u->root, *dir ? dir : ".", O_PATH | O_DIRECTORY, 0, &target_dir, e);
	/* A whiteout here is no file, though it is there; nor is it one of the layers below. */
	if (r == 0 && fstatat(target_dir, base, &st, AT_SYMLINK_NOFOLLOW) == 0 && is_whiteout(&st))
		return err_set(e, EBADMSG, "it is a hard link to what the layer removes");
	if (r == 0)
		r = link_within(u, target_dir, base, name, e);
	if (r == -ENOENT || r == -ENOTDIR) {
		real = unpack_real_path(u, name);
		strv_push(&u->notes->links, real ? real : name);
		strv_push(&u->notes->targets, target);
		r = 0;
	}
	return r == 0 && (m->uid || m->gid || m->mode & 07000) ? unpack_write_meta(u, name, m, e)
							       : r;
}
