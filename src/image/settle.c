/*
 * settle.c - a layer that was unpacked alone learns what lies below it.
 *
 *	1  folders nobody listed	take the attributes of the one below; where a link is below, what
 *					lies in the folder moves to where the link leads
 *	2  hard links outward		get the file of the layer below
 *	3  marks that hide nothing	go: a folder that does not merge would list them as files
 *
 * Promises that lower layers are only read (a hard link adds a name to their file, no more).
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/path.h"
#include "image/layer.h"
#include "image/meta.h"
#include "image/settle.h"
#include "image/unpack.h"
#include "image/view.h"

/* The sidecar's line of a file below, for a file of ours that takes its place. */
static int copy_meta(struct settle *s, size_t layer, const char *from, const char *to,
		     struct err *e)
{
	const struct meta_entry *m;
	struct meta_entry copy;
	int r;

	if (s->lower_meta_fds[layer] < 0)
		return 0;
	if (!s->lower_metas[layer]) {
		r = meta_load(s->lower_meta_fds[layer], "a sidecar", &s->lower_metas[layer], e);
		if (r < 0)
			return r;
	}
	m = meta_find(s->lower_metas[layer], from);
	if (!m)
		return 0;
	copy = *m;
	copy.path = (char *)to;
	meta_write(s->meta, &copy);
	return 0;
}

/* All but overlayfs' own marks. */
static void copy_xattrs(int from, int to)
{
	char names[4096], value[4096];
	ssize_t len = flistxattr(from, names, sizeof(names));

	for (const char *n = names; n < names + len; n += strlen(n) + 1) {
		ssize_t size = starts_with(n, "user.") && !starts_with(n, "user.overlay.")
				       ? fgetxattr(from, n, value, sizeof(value))
				       : -1;

		if (size >= 0)
			fsetxattr(to, n, value, (size_t)size, 0);
	}
}

static int copy_attributes(int from, int to, const struct stat *st, struct err *e)
{
	struct timespec times[2] = {{.tv_nsec = UTIME_OMIT}, st->st_mtim};

	copy_xattrs(from, to);
	if (fchmod(to, st->st_mode & 07777) < 0 || futimens(to, times) < 0)
		return err_sys(e, errno, "cannot set attributes");
	return 0;
}

static int take_dir(struct settle *s, const char *path, size_t layer, const struct stat *st,
		    struct err *e)
{
	cleanup_close int from = -1, to = -1;
	const int flags = O_RDONLY | O_DIRECTORY;
	int r = path_open_nolinks(s->lower.layers[layer], path, flags, 0, &from, e);

	if (r == 0)
		r = path_open_nolinks(s->dir, path, flags, 0, &to, e);
	if (r == 0)
		r = copy_attributes(from, to, st, e);
	return r < 0 ? r : copy_meta(s, layer, path, path, e);
}

/* path with `from` at its beginning changed into `to`, or NULL when it does not begin so. */
static char *moved_path(const char *path, const char *from, const char *to)
{
	size_t n = strlen(from);

	if (strncmp(path, from, n) != 0 || (path[n] && path[n] != '/'))
		return NULL;
	return xasprintf("%s%s", to, *to ? path + n : path + n + (path[n] == '/'));
}

static void move_notes(struct strv *list, const char *from, const char *to)
{
	for (size_t i = 0; i < list->n; i++) {
		char *moved = moved_path(list->v[i], from, to);

		if (moved) {
			free(list->v[i]);
			list->v[i] = moved;
		}
	}
}

/* Moves what lies in one folder of ours into another; of two equal names the moved one stays. */
static int move_content(int from, int to, struct err *e)
{
	cleanup_closedir DIR *d = NULL;
	struct dirent *de;
	int copy = openat(from, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC), r = 0;

	if (copy < 0 || !(d = fdopendir(copy)))
		return err_sys(e, errno, "cannot list a folder of the layer");
	while (r == 0 && (de = readdir(d))) {
		cleanup_close int sub_from = -1, sub_to = -1;
		const int flags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;

		if (streq(de->d_name, ".") || streq(de->d_name, "..") ||
		    renameat(from, de->d_name, to, de->d_name) == 0)
			continue;
		sub_from = openat(from, de->d_name, flags);
		sub_to = openat(to, de->d_name, flags);
		if (sub_from >= 0 && sub_to >= 0)
			r = move_content(sub_from, sub_to, e);
		else
			r = file_remove_tree(to, de->d_name, e);
		if (r == 0 && (sub_from < 0 || sub_to < 0) &&
		    renameat(from, de->d_name, to, de->d_name) < 0)
			r = err_sys(e, errno, "cannot move '%s'", de->d_name);
	}
	return r;
}

/* Folders on the way to `path` that are not ours yet take the attributes of those below. */
static void want_parents(struct settle *s, const char *path)
{
	for (size_t n = strcspn(path, "/");; n += 1 + strcspn(path + n + 1, "/")) {
		cleanup_free char *prefix = xstrndup(path, n);
		struct stat st;

		if (fstatat(s->dir, prefix, &st, AT_SYMLINK_NOFOLLOW) < 0 &&
		    mkdirat(s->dir, prefix, 0755) == 0)
			strv_push(&s->notes.implicit, prefix);
		if (!path[n])
			return;
	}
}

/* Below is a link where we have a folder: what is in it belongs where the link leads. */
static int follow_link(struct settle *s, const char *path, struct err *e)
{
	cleanup_free char *copy = xstrdup(path), *to = NULL;
	cleanup_close int from_fd = -1, to_fd = -1;
	struct stat st;
	size_t layer;
	int r = view_resolve(&s->lower, path, &to, &layer, &st, e);

	/* A link to nowhere, or to a file: the folder takes its place, as for any tool. */
	if (r < 0 || !S_ISDIR(st.st_mode) || !*to)
		return 0;
	want_parents(s, to);
	r = settle_open(s, path, &from_fd, e);
	if (r == 0)
		r = settle_open(s, to, &to_fd, e);
	/* Something else of ours is in the way. */
	if (r == -ENOTDIR || r == -ELOOP)
		return 0;
	if (r == 0)
		r = move_content(from_fd, to_fd, e);
	if (r == 0)
		r = file_remove_tree(s->dir, copy, e);
	if (r == 0 && fflush(s->meta) != 0)
		r = err_sys(e, errno, "cannot write the layer's sidecar");
	if (r == 0)
		r = meta_move(s->meta_fd, copy, to, e);
	move_notes(&s->notes.implicit, copy, to);
	move_notes(&s->notes.whiteouts, copy, to);
	move_notes(&s->notes.opaque, copy, to);
	move_notes(&s->notes.links, copy, to);
	return r;
}

/* The list grows while it is gone through: moving makes folders that need attributes too. */
static int settle_dirs(struct settle *s, struct err *e)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < s->notes.implicit.n; i++) {
		cleanup_free char *path = xstrdup(s->notes.implicit.v[i]);
		struct err none;
		struct stat st;
		size_t layer;

		if (view_lookup(&s->lower, path, &layer, &st, &none) < 0)
			continue;
		if (S_ISDIR(st.st_mode))
			r = take_dir(s, path, layer, &st, e);
		else if (S_ISLNK(st.st_mode))
			r = follow_link(s, path, e);
	}
	return r;
}

static int copy_file(struct settle *s, size_t layer, const char *from, const char *to,
		     const struct stat *st, struct err *e)
{
	cleanup_close int in = -1, out = -1;
	ssize_t n;
	int r = path_open_nolinks(s->lower.layers[layer], from, O_RDONLY, 0, &in, e);

	if (r < 0)
		return r;
	out = openat(s->dir, to, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (out < 0)
		return err_sys(e, errno, "cannot make '%s'", to);
	while ((n = sendfile(out, in, NULL, 1u << 30)) > 0)
		;
	return n < 0 ? err_sys(e, errno, "cannot copy '%s'", from)
		     : copy_attributes(in, out, st, e);
}

static int settle_link(struct settle *s, const char *link, const char *target, struct err *e)
{
	cleanup_free char *dir = xstrndup(target, (size_t)(path_basename(target) - target));
	cleanup_free char *real_dir = NULL, *real = NULL;
	struct stat st;
	size_t layer;
	int r = view_resolve(&s->lower, dir, &real_dir, &layer, &st, e);

	if (r == 0) {
		real = *real_dir ? path_join(real_dir, path_basename(target))
				 : xstrdup(path_basename(target));
		r = view_lookup(&s->lower, real, &layer, &st, e);
	}
	if (r < 0 || S_ISDIR(st.st_mode))
		return err_set(e, EBADMSG, "'%s' is a hard link to '%s', which is no file", link,
			       target);
	/* One inode in two layers: the overlay shows both names as one file, as they are. */
	if (linkat(s->lower.layers[layer], real, s->dir, link, 0) < 0) {
		if (!S_ISREG(st.st_mode))
			return err_sys(e, errno, "cannot make the hard link '%s'", link);
		r = copy_file(s, layer, real, link, &st, e);
	}
	return r < 0 ? r : copy_meta(s, layer, real, link, e);
}

static int settle_links(struct settle *s, struct err *e)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < s->notes.links.n; i++) {
		struct settle_time time;

		settle_keep_time(s, s->notes.links.v[i], &time);
		r = settle_link(s, s->notes.links.v[i], s->notes.targets.v[i], e);
		settle_restore_time(s, &time);
	}
	return r;
}

/* Folders first, for marks and links may lie in one that moves; and last, for their times. */
static int settle_all(struct settle *s, struct err *e)
{
	int r = settle_dirs(s, e);

	if (r == 0)
		r = settle_links(s, e);
	if (r == 0)
		r = settle_marks(s, e);
	return r < 0 ? r : settle_dirs(s, e);
}

static void copy_list(const struct strv *from, struct strv *to)
{
	for (size_t i = 0; i < from->n; i++)
		strv_push(to, from->v[i]);
}

int layer_settle(int dirfd, int meta_fd, const struct layer_notes *notes, const int *lowers,
		 const int *lower_metas, size_t n, struct err *e)
{
	struct settle s = {.dir = dirfd,
			   .meta_fd = meta_fd,
			   .lower = {.layers = lowers, .n = n},
			   .lower_meta_fds = lower_metas,
			   .lower_metas = xcalloc(n + 1, sizeof(struct meta *))};
	int copy = dup(meta_fd), r;

	copy_list(&notes->implicit, &s.notes.implicit);
	copy_list(&notes->whiteouts, &s.notes.whiteouts);
	copy_list(&notes->opaque, &s.notes.opaque);
	copy_list(&notes->links, &s.notes.links);
	copy_list(&notes->targets, &s.notes.targets);
	s.meta = copy >= 0 && lseek(copy, 0, SEEK_END) >= 0 ? fdopen(copy, "a") : NULL;
	r = s.meta ? settle_all(&s, e) : err_sys(e, errno, "cannot write the layer's sidecar");
	if (s.meta && fclose(s.meta) != 0 && r == 0)
		r = err_sys(e, errno, "cannot write the layer's sidecar");
	for (size_t i = 0; i < n; i++)
		meta_free(s.lower_metas[i]);
	free(s.lower_metas);
	layer_notes_clear(&s.notes);
	return r;
}
