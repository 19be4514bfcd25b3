/*
 * apply_step.c - one change, from the box to the host.
 *
 * A file gets its name when it is whole (new_file.h). The name of ours that it may have for a moment is
 * the same each time, so that what a killed process left is used up by the next one, or removed by
 * apply_step_clean(); and it is short, so that the longest names can be had.
 */
#include "changes/apply_step.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/copy_whole.h"
#include "base/file.h"
#include "base/new_file.h"
#include "base/path.h"

#define PERMISSIONS 0777 /* no set-id bit leaves a box */

static int in_the_way(const struct apply_step *step, const char *what, struct err *e)
{
	return err_set(e, EEXIST, "cannot apply '%s' to '%s': %s", step->change.path, step->path,
		       what);
}

/* The directory it is to be in, beneath ours and by way of no link. */
static int open_parent(const struct apply_step *step, bool make, int *ret_fd, struct err *e)
{
	cleanup_free char *dir = xstrndup(step->rel,
					  (size_t)(path_basename(step->rel) - step->rel));
	const char *path = *dir ? dir : ".";
	int r = make ? path_mkdirs_nolinks(step->folder, path, 0755, ret_fd, e)
		     : path_open_nolinks(step->folder, path, O_PATH | O_DIRECTORY, 0, ret_fd, e);

	if (r == -ELOOP)
		return in_the_way(step, "a link is on the way", e);
	if (r == -ENOTDIR)
		return in_the_way(step, "a file is where a directory of the way should be", e);
	return r;
}

int apply_check(struct apply_step *step, struct err *e)
{
	struct change *c = &step->change;
	bool gone = c->kind == CHANGE_DELETED, added = c->kind == CHANGE_ADDED;
	cleanup_close int parent = -1;
	struct stat st;
	int r = open_parent(step, false, &parent, e);

	if (r < 0 && r != -ENOENT)
		return r;
	if (r < 0 || fstatat(parent, path_basename(step->rel), &st, AT_SYMLINK_NOFOLLOW) < 0) {
		if (r == 0 && errno != ENOENT)
			return err_sys(e, errno, "cannot look at '%s'", step->path);
		c->kind = gone ? c->kind : CHANGE_ADDED;
		return !gone;
	}
	if (S_ISDIR(st.st_mode) != S_ISDIR(c->st.st_mode))
		return in_the_way(step,
				  S_ISDIR(st.st_mode)
					  ? "it is a directory on the host, and none in "
					    "the box; move it away first"
					  : "it is a directory in the box, and none on "
					    "the host; move it away first",
				  e);
	/* A directory that is there is the host's; only a change of its mode is one. */
	if (S_ISDIR(st.st_mode) && added)
		return 0;
	c->kind = gone ? c->kind : CHANGE_MODIFIED;
	return 1;
}

static char *tmp_name(const char *id)
{
	return xasprintf(NEW_FILE_PREFIX "%s", id);
}

/* What is called so is about to be another file, with the metadata of now. */
static int keep(const struct apply_step *step, int parent, const struct stat *now, struct undo *u,
		struct err *e)
{
	const char *name = path_basename(step->rel);
	cleanup_free char *folder = xstrndup(step->path,
					     strlen(step->path) - strlen(step->rel) - 1);
	struct stat st;
	bool there = fstatat(parent, name, &st, AT_SYMLINK_NOFOLLOW) == 0;

	if (!there && errno != ENOENT)
		return err_sys(e, errno, "cannot look at '%s'", step->path);
	if (!S_ISDIR(now->st_mode) || !there)
		return undo_keep(u, there ? UNDO_REPLACED : UNDO_ADDED, parent, name,
				 *folder ? folder : "/", step->rel, now, e);
	if ((st.st_mode & PERMISSIONS) == (now->st_mode & PERMISSIONS))
		return 0;
	return undo_keep(u, UNDO_MODE, parent, name, *folder ? folder : "/", step->rel, &st, e);
}

/* What it says is waited for when all are there (apply_run). */
static int write_file(const struct apply_step *step, int in, int parent, const char *tmp,
		      struct undo *u, struct err *e)
{
	const struct change *c = &step->change;
	const struct timespec times[2] = {{.tv_nsec = UTIME_OMIT}, c->st.st_mtim};
	cleanup_new_file struct new_file f = NEW_FILE_INIT;
	struct stat now;
	int r = new_file_open(parent, path_basename(step->rel), tmp, 0600, &f);

	if (r == 0)
		r = copy_bytes(in, f.fd, c->st.st_size);
	if (r == 0 && (fchmod(f.fd, c->st.st_mode & PERMISSIONS) < 0 || futimens(f.fd, times) < 0 ||
		       fstat(f.fd, &now) < 0))
		r = -errno;
	if (r == 0 && keep(step, parent, &now, u, e) < 0)
		return -e->code;
	if (r == 0)
		r = new_file_finish(&f, false);
	return r < 0 ? err_sys(e, -r, "cannot write '%s'", step->path) : 0;
}

static int put_link(const struct apply_step *step, int parent, const char *tmp, struct undo *u,
		    struct err *e)
{
	struct stat now;

	if (symlinkat(step->change.link, parent, tmp) < 0 ||
	    fstatat(parent, tmp, &now, AT_SYMLINK_NOFOLLOW) < 0)
		return err_sys(e, errno, "cannot write '%s'", step->path);
	if (keep(step, parent, &now, u, e) < 0)
		return -e->code;
	return renameat(parent, tmp, parent, path_basename(step->rel)) < 0
		       ? err_sys(e, errno, "cannot write '%s'", step->path)
		       : 0;
}

static int put_file(const struct apply_step *step, int parent, const char *id, struct undo *u,
		    struct err *e)
{
	const struct change *c = &step->change;
	cleanup_free char *tmp = tmp_name(id);
	cleanup_close int in = -1;
	int r = c->link ? 0 : change_open(c, &in, e);

	if (r < 0)
		return r;
	/* Of one that was killed, wherever this one finds a way round it. */
	unlinkat(parent, tmp, 0);
	r = c->link ? put_link(step, parent, tmp, u, e) : write_file(step, in, parent, tmp, u, e);
	if (r < 0)
		unlinkat(parent, tmp, 0);
	return r;
}

void apply_step_clean(int folder, const char *rel, const char *id)
{
	cleanup_free char *dir = xstrndup(rel, (size_t)(path_basename(rel) - rel));
	cleanup_free char *tmp = tmp_name(id);
	cleanup_close int parent = -1;
	struct err ignored;

	if (path_open_nolinks(folder, *dir ? dir : ".", O_PATH | O_DIRECTORY, 0, &parent,
			      &ignored) == 0)
		unlinkat(parent, tmp, 0);
}

/* Its owner can always go in and take away what is in it. */
static int put_folder(const struct apply_step *step, int parent, struct undo *u, struct err *e)
{
	const char *name = path_basename(step->rel);
	struct stat now = {.st_mode = S_IFDIR | (step->change.st.st_mode & PERMISSIONS) | 0700};
	cleanup_close int fd = -1;
	int r = keep(step, parent, &now, u, e);

	if (r < 0)
		return r;

	if (mkdirat(parent, name, (step->change.st.st_mode & PERMISSIONS) | 0700) < 0 &&
	    errno != EEXIST)
		return err_sys(e, errno, "cannot make '%s'", step->path);
	fd = openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0 || fchmod(fd, (step->change.st.st_mode & PERMISSIONS) | 0700) < 0)
		return err_sys(e, errno, "cannot set the mode of '%s'", step->path);
	return 0;
}

static int take_away(const struct apply_step *step, int parent, struct undo *u, struct err *e)
{
	const char *name = path_basename(step->rel);
	cleanup_free char *folder = xstrndup(step->path,
					     strlen(step->path) - strlen(step->rel) - 1);
	struct stat st;

	if (fstatat(parent, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return errno == ENOENT ? 0 : err_sys(e, errno, "cannot look at '%s'", step->path);
	return undo_keep(u, UNDO_REMOVED, parent, name, *folder ? folder : "/", step->rel, &st, e);
}

int apply_step(const struct apply_step *step, const char *id, struct undo *u, struct err *e)
{
	bool gone = step->change.kind == CHANGE_DELETED;
	cleanup_close int parent = -1;
	int r = open_parent(step, !gone, &parent, e);

	if (r < 0)
		return gone && r == -ENOENT ? 0 : r;
	if (gone)
		return take_away(step, parent, u, e);
	if (S_ISDIR(step->change.st.st_mode))
		return put_folder(step, parent, u, e);
	return put_file(step, parent, id, u, e);
}
