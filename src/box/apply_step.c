/*
 * apply_step.c - one change, from the box to the host.
 *
 * A file is made under a name of ours in its folder and renamed into place. That name is the same each
 * time, so that what a killed process left is used up by the next one; and it is short, so that the
 * longest names can be had.
 */
#include "box/apply_step.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sendfile.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/path.h"

#define PERMISSIONS 0777 /* no set-id bit leaves a box */
#define COPY_BYTES  (1u << 30)

static int in_the_way(const struct apply_step *step, const char *what, struct err *e)
{
	return err_set(e, EEXIST, "cannot apply '%s' to '%s': %s", step->change.path, step->path,
		       what);
}

/* The folder it is to be in, beneath ours and by way of no link. */
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
		return in_the_way(step, "a file is where a folder of the way should be", e);
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
				  S_ISDIR(st.st_mode) ? "it is a folder on the host, and none in "
							"the box; move it away first"
						      : "it is a folder in the box, and none on "
							"the host; move it away first",
				  e);
	/* A folder that is there is the host's; only a change of its mode is one. */
	if (S_ISDIR(st.st_mode) && added)
		return 0;
	c->kind = gone ? c->kind : CHANGE_MODIFIED;
	return 1;
}

/* Holes stay holes: a file of nothing but hole is as large as it likes to say. -errno. */
static int copy_bytes(int in, int out, off_t size)
{
	off_t data = 0, hole;

	while (data < size && (data = lseek(in, data, SEEK_DATA)) >= 0) {
		hole = lseek(in, data, SEEK_HOLE);
		if (hole < 0 || lseek(out, data, SEEK_SET) < 0)
			return -errno;
		while (data < hole) {
			size_t rest = (size_t)(hole - data);
			ssize_t n = sendfile(out, in, &data, rest < COPY_BYTES ? rest : COPY_BYTES);

			if (n < 0)
				return -errno;
			if (n == 0)
				return -EIO;
		}
	}
	if (data < 0 && errno != ENXIO)
		return -errno;
	return ftruncate(out, size) < 0 ? -errno : 0;
}

static int write_file(const struct change *c, int in, int parent, const char *tmp)
{
	const struct timespec times[2] = {{.tv_nsec = UTIME_OMIT}, c->st.st_mtim};
	cleanup_close int out = openat(parent, tmp,
				       O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	int r;

	if (out < 0)
		return -errno;
	r = copy_bytes(in, out, c->st.st_size);
	if (r == 0 && (fchmod(out, c->st.st_mode & PERMISSIONS) < 0 || futimens(out, times) < 0))
		r = -errno;
	if (close(take_fd(&out)) < 0 && r == 0)
		r = -errno;
	return r;
}

static int put_file(const struct apply_step *step, int parent, const char *id, struct err *e)
{
	const struct change *c = &step->change;
	const char *name = path_basename(step->rel);
	cleanup_free char *tmp = xasprintf(".sandbox-%s", id);
	cleanup_close int in = -1;
	int r = c->link ? 0 : change_open(c, &in, e);

	if (r < 0)
		return r;
	unlinkat(parent, tmp, 0);
	if (c->link)
		r = symlinkat(c->link, parent, tmp) < 0 ? -errno : 0;
	else
		r = write_file(c, in, parent, tmp);
	if (r == 0 && renameat(parent, tmp, parent, name) < 0)
		r = -errno;
	if (r < 0) {
		unlinkat(parent, tmp, 0);
		return err_sys(e, -r, "cannot write '%s'", step->path);
	}
	return 0;
}

/* Its owner can always go in and take away what is in it. */
static int put_folder(const struct apply_step *step, int parent, struct err *e)
{
	const char *name = path_basename(step->rel);
	cleanup_close int fd = -1;

	if (mkdirat(parent, name, (step->change.st.st_mode & PERMISSIONS) | 0700) < 0 &&
	    errno != EEXIST)
		return err_sys(e, errno, "cannot make '%s'", step->path);
	fd = openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0 || fchmod(fd, (step->change.st.st_mode & PERMISSIONS) | 0700) < 0)
		return err_sys(e, errno, "cannot set the mode of '%s'", step->path);
	return 0;
}

static int take_away(const struct apply_step *step, int parent, struct err *e)
{
	const char *name = path_basename(step->rel);

	if (S_ISDIR(step->change.st.st_mode))
		return file_remove_tree(parent, name, e);
	if (unlinkat(parent, name, 0) < 0 && errno != ENOENT)
		return err_sys(e, errno, "cannot remove '%s'", step->path);
	return 0;
}

int apply_step(const struct apply_step *step, const char *id, struct err *e)
{
	bool gone = step->change.kind == CHANGE_DELETED;
	cleanup_close int parent = -1;
	int r = open_parent(step, !gone, &parent, e);

	if (r < 0)
		return gone && r == -ENOENT ? 0 : r;
	if (gone)
		return take_away(step, parent, e);
	if (S_ISDIR(step->change.st.st_mode))
		return put_folder(step, parent, e);
	return put_file(step, parent, id, e);
}
