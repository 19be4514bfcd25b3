/*
 * view.c - lookups in a stack of layers.
 *
 * A directory merges as long as layers further down have a directory there too; a whiteout, an
 * opaque mark or anything else ends it (Documentation/filesystems/overlayfs.rst). Components are
 * looked at one by one, so that the kernel never follows a symlink of a layer.
 */
#include "image/store/view.h"

#include <errno.h>
#include <fcntl.h>
#include <search.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/dir.h"
#include "base/file.h"
#include "base/path.h"
#include "image/store/layer_stack.h"

#define LINKS_MAX 40 /* as the kernel's MAXSYMLINKS */

/* The layers that still merge at one directory, top first. */
struct merged {
	size_t layer[IMAGE_MAX_LAYERS];
	size_t n;
};

bool is_whiteout(const struct stat *st)
{
	return S_ISCHR(st->st_mode) && st->st_rdev == makedev(0, 0);
}

int view_is_opaque(int layer, const char *path, struct err *e)
{
	cleanup_close int fd = openat(layer, path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	ssize_t n;
	char value;

	if (fd < 0 && (errno == ENOENT || errno == ENOTDIR || errno == ELOOP || errno == EACCES))
		return 0;
	n = fd < 0 ? -1 : fgetxattr(fd, "user.overlay.opaque", &value, 1);
	/* ERANGE: it is longer, and so another value. */
	if (n < 0 && (fd < 0 || (errno != ENODATA && errno != EOPNOTSUPP && errno != ERANGE)))
		return err_sys(e, errno, "cannot look at '%s' of the image", path);
	return n == 1 && value == 'y';
}

static void all_layers(const struct view *v, struct merged *m)
{
	m->n = v->n < IMAGE_MAX_LAYERS ? v->n : IMAGE_MAX_LAYERS;
	for (size_t i = 0; i < m->n; i++)
		m->layer[i] = i;
}

/*
 * One component down: what path is, and in which layers its directory continues. 0; -ENOENT:
 * nothing is visible; or another error: a layer above could hide those below.
 */
static int step_down(const struct view *v, const char *path, struct merged *m, size_t *ret_layer,
		     struct stat *ret_st, struct err *e)
{
	struct merged next = {.n = 0};
	struct stat top;
	size_t top_layer = 0;
	bool found = false;

	for (size_t i = 0; i < m->n; i++) {
		size_t layer = m->layer[i];
		struct stat st;
		int opaque;

		if (fstatat(v->layers[layer], path, &st, AT_SYMLINK_NOFOLLOW) < 0) {
			if (errno == ENOENT || errno == ENOTDIR)
				continue;
			return err_sys(e, errno, "cannot look at '%s' of the image", path);
		}
		if (is_whiteout(&st) || (found && !S_ISDIR(st.st_mode)))
			break;
		if (!found) {
			top_layer = layer;
			top = st;
			found = true;
		}
		if (!S_ISDIR(st.st_mode))
			break;
		next.layer[next.n++] = layer;
		opaque = view_is_opaque(v->layers[layer], path, e);
		if (opaque < 0)
			return opaque;
		if (opaque)
			break;
	}
	*m = next;
	if (!found)
		return err_set(e, ENOENT, "there is no '%s' in the image", path);
	*ret_layer = top_layer;
	*ret_st = top;
	return 0;
}

/* As view_lookup(), with the layers that merge there. */
static int lookup(const struct view *v, const char *path, struct merged *m, size_t *ret_layer,
		  struct stat *ret_st, struct err *e)
{
	cleanup_buf struct buf prefix = BUF_INIT;
	struct stat st;
	size_t layer;
	int r;

	all_layers(v, m);
	path += strspn(path, "/");
	r = step_down(v, ".", m, &layer, &st, e);
	while (r == 0 && *path) {
		size_t n = strcspn(path, "/");

		if (!S_ISDIR(st.st_mode))
			return err_set(e, ENOTDIR, "'%s' is not a directory in the image",
				       prefix.data);
		if (prefix.len)
			buf_addch(&prefix, '/');
		buf_add(&prefix, path, n);
		r = step_down(v, prefix.data, m, &layer, &st, e);
		path += n;
		path += strspn(path, "/");
	}
	if (r < 0)
		return r;
	*ret_layer = layer;
	*ret_st = st;
	return 0;
}

int view_lookup(const struct view *v, const char *path, size_t *ret_layer, struct stat *ret_st,
		struct err *e)
{
	struct merged m;

	return lookup(v, path, &m, ret_layer, ret_st, e);
}

/* Removes the last component. */
static void go_up(struct buf *path)
{
	char *slash = strrchr(path->data, '/');

	path->len = slash ? (size_t)(slash - path->data) : 0;
	if (path->cap)
		path->data[path->len] = '\0';
}

static int read_link(const struct view *v, size_t layer, const char *path, char target[PATH_MAX],
		     struct err *e)
{
	ssize_t n = readlinkat(v->layers[layer], path, target, PATH_MAX - 1);

	if (n < 0)
		return err_sys(e, errno, "cannot read the symlink '%s'", path);
	target[n] = '\0';
	return 0;
}

/* Resolves one component of a path; a symlink puts its target before the rest. */
static int resolve_step(const struct view *v, const char *name, struct buf *at, char **rest,
			size_t *layer, struct stat *st, struct err *e)
{
	char target[PATH_MAX], *joined;
	size_t before = at->len;
	int r;

	if (at->len)
		buf_addch(at, '/');
	buf_addstr(at, name);
	r = view_lookup(v, at->data, layer, st, e);
	if (r < 0 || !S_ISLNK(st->st_mode))
		return r;
	r = read_link(v, *layer, at->data, target, e);
	if (r < 0)
		return r;
	at->len = target[0] == '/' ? 0 : before;
	at->data[at->len] = '\0';
	joined = xasprintf("%s/%s", target, *rest ? *rest : "");
	free(*rest);
	*rest = joined;
	return 1;
}

/*
 * Appends the resolved path to at; *layer and *st are what the last component is. missing:
 * components that do not exist are taken as they are.
 */
static int resolve(const struct view *v, const char *path, bool missing, struct buf *at,
		   size_t *layer, struct stat *st, struct err *e)
{
	cleanup_free char *rest = xstrdup(path);
	int links = 0, r = view_lookup(v, "", layer, st, e);

	while (r >= 0 || (missing && r == -ENOENT)) {
		size_t skip = strspn(rest, "/"), n = strcspn(rest + skip, "/");
		cleanup_free char *name = xstrndup(rest + skip, n);

		if (!n)
			return links && !missing ? view_lookup(v, at->data, layer, st, e) : 0;
		memmove(rest, rest + skip + n, strlen(rest + skip + n) + 1);
		if (streq(name, "."))
			continue;
		if (streq(name, "..")) {
			go_up(at);
			r = view_lookup(v, at->data, layer, st, e);
			continue;
		}
		r = resolve_step(v, name, at, &rest, layer, st, e);
		if (r == 1 && ++links > LINKS_MAX)
			return err_set(e, ELOOP, "too many symlinks in '%s'", path);
	}
	return r;
}

int view_resolve(const struct view *v, const char *path, char **ret_path, size_t *ret_layer,
		 struct stat *ret_st, struct err *e)
{
	cleanup_buf struct buf at = BUF_INIT;
	struct stat st;
	size_t layer;
	int r = resolve(v, path, false, &at, &layer, &st, e);

	if (r < 0)
		return r;
	*ret_path = buf_detach(&at);
	*ret_layer = layer;
	*ret_st = st;
	return 0;
}

int view_place(const struct view *v, const char *path, char **ret_path, struct err *e)
{
	cleanup_buf struct buf at = BUF_INIT;
	struct stat st;
	size_t layer;
	int r = resolve(v, path, true, &at, &layer, &st, e);

	if (r == 0)
		*ret_path = buf_detach(&at);
	return r;
}

int view_read(const struct view *v, const char *path, size_t max, struct buf *out, struct err *e)
{
	cleanup_free char *real = NULL;
	cleanup_close int fd = -1;
	struct stat st;
	size_t layer;
	int r = view_resolve(v, path, &real, &layer, &st, e);

	if (r < 0)
		return r;
	if (!S_ISREG(st.st_mode))
		return err_set(e, EINVAL, "'%s' is not a regular file in the image", path);
	r = path_open_nolinks(v->layers[layer], real, O_RDONLY | O_NONBLOCK | O_NOCTTY, 0, &fd, e);
	return r < 0 ? r : file_read_fd(fd, path, max, out, e);
}

static int compare(const void *a, const void *b)
{
	return strcmp(a, b);
}

static int by_text(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* The names of one layer that no layer above has; *seen contains them all, whiteouts too. */
static int list_layer(int layer, const char *path, void **seen, struct strv *out, struct err *e)
{
	cleanup_dir struct dir d = {0};
	struct stat st;
	int fd = openat(layer, path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC), r;

	if (fd < 0)
		return err_sys(e, errno, "cannot list '%s' of the image", path);
	r = dir_take(&d, &fd, path, e);
	while (r == 0 && (r = dir_next(&d, e)) > 0) {
		r = 0;
		if (tfind(d.name, seen, compare))
			continue;
		tsearch(xstrdup(d.name), seen, compare);
		if (fstatat(dir_fd(&d), d.name, &st, AT_SYMLINK_NOFOLLOW) < 0)
			r = err_sys(e, errno, "cannot look at '%s/%s' of the image", path, d.name);
		else if (!is_whiteout(&st))
			strv_push(out, d.name);
	}
	return r;
}

int view_list(const struct view *v, const char *path, struct strv *out, struct err *e)
{
	struct merged m;
	struct stat st;
	size_t layer;
	void *seen = NULL;
	int r = lookup(v, path, &m, &layer, &st, e);

	path += strspn(path, "/");
	for (size_t i = 0; r == 0 && i < m.n; i++)
		r = list_layer(v->layers[m.layer[i]], *path ? path : ".", &seen, out, e);
	tdestroy(seen, free);
	if (r == 0 && out->n)
		qsort(out->v, out->n, sizeof(char *), by_text);
	return r;
}
