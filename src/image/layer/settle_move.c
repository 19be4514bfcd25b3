/*
 * settle_move.c - an implicit directory where the layers below have a symlink: its content belongs
 * where the symlink leads.
 *
 * Promises that nothing is made or moved through a symlink: if one of ours is in the way, the
 * directory stays where it is.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/dir.h"
#include "base/file.h"
#include "base/path.h"
#include "image/layer/settle.h"

/* A temporary place for the content; no entry of an image can have this name. */
#define ASIDE ".wh..wh.moved"

static void move_notes(struct strv *list, const char *from, const char *to)
{
	size_t n = strlen(from);

	for (size_t i = 0; i < list->n; i++) {
		const char *rest = list->v[i] + n;
		char *moved;

		if (strncmp(list->v[i], from, n) != 0 || (*rest && *rest != '/'))
			continue;
		moved = xasprintf("%s%s", to, *to ? rest : rest + (*rest == '/'));
		free(list->v[i]);
		list->v[i] = moved;
	}
}

static int mark_opaque(int dir, const char *name, struct err *e)
{
	cleanup_close int fd = openat(dir, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

	return fd < 0 || fsetxattr(fd, "user.overlay.opaque", "y", 1, 0) < 0
		       ? err_sys(e, errno, "cannot mark the directory '%s' as opaque", name)
		       : 0;
}

static int move_content(int from, int to, struct err *e);

static int merge(int from, int to, const char *name, struct err *e)
{
	const int flags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;
	cleanup_close int sub_from = openat(from, name, flags), sub_to = openat(to, name, flags);

	if (sub_from < 0 || sub_to < 0)
		return err_sys(e, errno, "cannot open the directory '%s'", name);
	return move_content(sub_from, sub_to, e);
}

/* Of two equal names the moved one wins; directories merge, and an entry wins over a whiteout. */
static int move_one(int from, int to, const char *name, struct err *e)
{
	bool is_there, hidden;
	struct stat st, there;
	int r = 0;

	if (fstatat(from, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return err_sys(e, errno, "cannot look at '%s'", name);
	is_there = fstatat(to, name, &there, AT_SYMLINK_NOFOLLOW) == 0;
	if (is_there && is_whiteout(&st))
		return S_ISDIR(there.st_mode) ? mark_opaque(to, name, e) : 0;
	if (is_there && S_ISDIR(st.st_mode) && S_ISDIR(there.st_mode))
		return merge(from, to, name, e);
	hidden = is_there && is_whiteout(&there);
	if (is_there)
		r = file_remove_tree(to, name, e);
	if (r == 0 && renameat(from, name, to, name) < 0)
		r = err_sys(e, errno, "cannot move '%s'", name);
	return r == 0 && hidden && S_ISDIR(st.st_mode) ? mark_opaque(to, name, e) : r;
}

static int move_content(int from, int to, struct err *e)
{
	cleanup_strv struct strv names = {0};
	struct timespec times[2];
	int r = dir_names(from, ".", &names, e);

	if (r < 0)
		return err_add(e, "cannot read a directory of the layer");
	settle_keep_time(to, times);
	for (size_t i = 0; r == 0 && i < names.n; i++)
		r = move_one(from, to, names.v[i], e);
	futimens(to, times);
	return r;
}

static int make_folder(struct settle *s, const char *path, struct err *e)
{
	cleanup_close int dir = -1, made = -1;
	struct timespec times[2];
	int r = settle_open_parent(s, path, &dir, e);

	if (r < 0)
		return r;
	settle_keep_time(dir, times);
	if (mkdirat(dir, path_basename(path), 0755) < 0)
		return err_sys(e, errno, "cannot make the directory '%s'", path);
	futimens(dir, times);
	r = settle_open(s, path, &made, e);
	if (r == 0 && fchmod(made, 0755) < 0)
		r = err_sys(e, errno, "cannot set the mode of '%s'", path);
	strv_push(&s->notes.implicit, path);
	return r;
}

/* Makes missing directories on the way, to be settled like other implicit ones. */
static int make_way(struct settle *s, const char *path, int *ret_fd, struct err *e)
{
	for (size_t n = strcspn(path, "/");; n += 1 + strcspn(path + n + 1, "/")) {
		cleanup_free char *prefix = xstrndup(path, n);
		cleanup_close int fd = -1;
		int r = settle_open(s, prefix, &fd, e);

		if (r == -ENOENT) {
			r = make_folder(s, prefix, e);
			if (r == 0)
				r = settle_open(s, prefix, &fd, e);
		}
		if (r < 0)
			return r;
		if (!path[n]) {
			*ret_fd = take_fd(&fd);
			return 0;
		}
	}
}

/* Where the symlink leads, this layer included; NULL: nowhere that would change anything. */
static char *find_end(struct settle *s, const char *path, size_t layer)
{
	cleanup_free char *start = NULL, *end = NULL;
	size_t n = strlen(path), parent = (size_t)(path_basename(path) - path);
	char target[PATH_MAX];
	struct stat st;
	struct err none;
	size_t found;
	ssize_t len = readlinkat(s->lower.layers[layer], path, target, sizeof(target) - 1);

	if (len <= 0)
		return NULL;
	target[len] = '\0';
	start = xasprintf("%.*s%s", target[0] == '/' ? 0 : (int)parent, path, target);
	/* A dangling symlink, or one to a file: the directory replaces it, as in other tools. */
	if (view_resolve(&s->both, start, &end, &found, &st, &none) < 0 || !S_ISDIR(st.st_mode))
		return NULL;
	if (strncmp(end, path, n) == 0 && (end[n] == '/' || !end[n]))
		return NULL;
	return take_ptr(end);
}

static int move_folder(struct settle *s, const char *path, int to, struct err *e)
{
	const char *name = path_basename(path);
	cleanup_close int parent = -1, from = -1;
	struct timespec times[2], root_times[2];
	int r = settle_open_parent(s, path, &parent, e);

	if (r == 0)
		r = settle_open(s, path, &from, e);
	if (r < 0)
		return r;
	settle_keep_time(s->dir, root_times);
	settle_keep_time(parent, times);
	if (renameat(parent, name, s->dir, ASIDE) < 0)
		return err_sys(e, errno, "cannot move '%s'", path);
	futimens(parent, times);
	r = move_content(from, to, e);
	if (r == 0)
		r = file_remove_tree(s->dir, ASIDE, e);
	futimens(s->dir, root_times);
	return r;
}

int settle_follow_link(struct settle *s, const char *path, size_t layer, struct err *e)
{
	cleanup_free char *to = find_end(s, path, layer);
	cleanup_close int fd = -1;
	int r;

	if (!to)
		return 0;
	r = make_way(s, to, &fd, e);
	if (r == 0)
		r = move_folder(s, path, fd, e);
	/* Another entry of ours is in the way, or replaced the directory. */
	if (settle_gone(r))
		return 0;
	if (r == 0 && fflush(s->meta) != 0)
		r = err_sys(e, errno, "cannot write the layer's sidecar");
	if (r == 0)
		r = meta_move(s->meta_fd, path, to, e);
	move_notes(&s->notes.implicit, path, to);
	move_notes(&s->notes.whiteouts, path, to);
	move_notes(&s->notes.opaque, path, to);
	move_notes(&s->notes.links, path, to);
	return r;
}
