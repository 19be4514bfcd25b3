/*
 * export_dir.c - see export_dir.h. No symlink is followed, neither of the image nor of what the
 * directory has.
 */
#include "image/archive/export_dir.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/copy_whole.h"
#include "base/file.h"
#include "base/path.h"
#include "image/archive/export_tree.h"

struct writing {
	struct tree tree;
	int dir;
};

/* The mode that the image says, which a file of the store need not have. */
static mode_t mode_of(const struct writing *w, size_t layer, const char *path,
		      const struct stat *st)
{
	const struct meta_entry *m = meta_find(w->tree.metas[layer], path);

	return (m ? m->mode : st->st_mode) & 0777;
}

static bool is_device(const struct writing *w, size_t layer, const char *path)
{
	const struct meta_entry *m = meta_find(w->tree.metas[layer], path);

	return m && strchr("bc", m->type);
}

/* The directory that path goes into; *ret_name points to its last component. */
static int open_parent(const struct writing *w, const char *path, const char **ret_name,
		       int *ret_fd, struct err *e)
{
	const char *name = path_basename(path);
	cleanup_free char *dir = xstrndup(path, name > path ? (size_t)(name - path - 1) : 0);

	*ret_name = name;
	return path_open_nolinks(w->dir, *dir ? dir : ".", O_RDONLY | O_DIRECTORY, 0, ret_fd, e);
}

static int set_times(int fd, const struct stat *st, const char *path, struct err *e)
{
	const struct timespec times[] = {st->st_mtim, st->st_mtim};

	return futimens(fd, times) < 0 ? err_sys(e, errno, "cannot write '%s'", path) : 0;
}

static int write_file(const struct writing *w, size_t layer, const char *path,
		      const struct stat *st, int parent, const char *name, struct err *e)
{
	cleanup_close int from = -1, to = -1;
	int r = path_open_nolinks(w->tree.fds[layer], path, O_RDONLY, 0, &from, e);

	if (r < 0)
		return r;
	to = openat(parent, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (to < 0)
		return err_sys(e, errno, "cannot make '%s'", path);
	r = copy_bytes(from, to, st->st_size);
	if (r < 0 || fchmod(to, mode_of(w, layer, path, st)) < 0)
		return err_sys(e, r < 0 ? -r : errno, "cannot write '%s'", path);
	return set_times(to, st, path, e);
}

static int write_link(const struct writing *w, size_t layer, const char *path, int parent,
		      const char *name, struct err *e)
{
	char target[PATH_MAX];
	ssize_t n = readlinkat(w->tree.fds[layer], path, target, sizeof(target) - 1);

	if (n < 0)
		return err_sys(e, errno, "cannot read the symlink '%s'", path);
	target[n] = '\0';
	return symlinkat(target, parent, name) < 0 ? err_sys(e, errno, "cannot make '%s'", path)
						   : 0;
}

static int make_dir(int parent, const char *name, const char *path, struct err *e)
{
	struct stat st;

	if (mkdirat(parent, name, 0700) == 0)
		return 0;
	if (errno == EEXIST && fstatat(parent, name, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
	    S_ISDIR(st.st_mode))
		return 0;
	return err_sys(e, errno, "cannot make '%s'", path);
}

/* Anything but a directory replaces what is there. */
static int write_entry(const struct writing *w, size_t layer, const char *path,
		       const struct stat *st, struct err *e)
{
	cleanup_close int parent = -1;
	const char *name;
	int r;

	if (S_ISSOCK(st->st_mode) || is_device(w, layer, path))
		return 0;
	r = open_parent(w, path, &name, &parent, e);
	if (r == 0 && S_ISDIR(st->st_mode))
		return make_dir(parent, name, path, e);
	if (r == 0)
		r = file_remove_tree(parent, name, e);
	if (r < 0)
		return r;
	if (S_ISLNK(st->st_mode))
		return write_link(w, layer, path, parent, name, e);
	if (S_ISFIFO(st->st_mode))
		return mkfifoat(parent, name, mode_of(w, layer, path, st)) < 0
			       ? err_sys(e, errno, "cannot make '%s'", path)
			       : 0;
	return write_file(w, layer, path, st, parent, name, e);
}

/* A directory gets mode and time when all of it is there. */
static int end_dir(const struct writing *w, size_t layer, const char *path, const struct stat *st,
		   struct err *e)
{
	cleanup_close int fd = -1;
	int r = path_open_nolinks(w->dir, path, O_RDONLY | O_DIRECTORY, 0, &fd, e);

	if (r == 0 && fchmod(fd, mode_of(w, layer, path, st)) < 0)
		r = err_sys(e, errno, "cannot write '%s'", path);
	return r < 0 ? r : set_times(fd, st, path, e);
}

/* Depth is limited by the length of a path. */
static int write_tree(const struct writing *w, const char *path, struct err *e)
{
	cleanup_strv struct strv names = {0};
	struct stat st;
	size_t layer;
	int r = view_lookup(&w->tree.view, path, &layer, &st, e);

	if (r == 0 && *path)
		r = write_entry(w, layer, path, &st, e);
	if (r < 0 || !S_ISDIR(st.st_mode))
		return r;
	r = view_list(&w->tree.view, path, &names, e);
	for (size_t i = 0; r == 0 && i < names.n; i++) {
		cleanup_free char *sub = *path ? path_join(path, names.v[i]) : xstrdup(names.v[i]);

		r = write_tree(w, sub, e);
	}
	return r < 0 || !*path ? r : end_dir(w, layer, path, &st, e);
}

int export_dir(const struct image_store *s, const struct digest *manifest, int dir, struct err *e)
{
	struct writing w = {.tree = TREE_INIT(NULL), .dir = dir};
	int r = tree_open_layers(&w.tree, s, manifest, e);

	/* An image without layers has no files. */
	if (r == 0 && w.tree.view.n)
		r = write_tree(&w, "", e);
	tree_clear(&w.tree);
	return r;
}
