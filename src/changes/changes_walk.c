/*
 * changes_walk.c - overlayfs' rules, read backwards: whiteouts, opaque directories, files that were copied
 * up and are as they were.
 *
 * Memory holds the names of the directories on the way and what is found; no descriptor stays open, however
 * deep a tree is.
 */
#include "changes/changes_walk.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <stdio.h>
#include <string.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/dir.h"
#include "base/file.h"
#include "base/log.h"
#include "base/owner.h"
#include "base/path.h"
#include "grant/etc_lines.h"
#include "launch/protocol.h"

#define ETC_MAX	    (16u << 20)
#define PERMISSIONS 07777

/* What is known of the directory that is gone through. */
struct beneath {
	bool fresh;  /* nothing lies beneath it */
	bool opaque; /* what does is hidden */
};

static struct change *add(const struct changes_walk *w, enum change_kind kind, const char *rel,
			  const struct stat *st)
{
	struct changes *out = w->out;
	struct change *c;

	if (out->n == out->cap) {
		out->cap = out->cap ? out->cap * 2 : 64;
		out->v = xrealloc(out->v, out->cap, sizeof(*out->v));
	}
	c = &out->v[out->n++];
	*c = (struct change){
		.kind = kind, .path = path_join(w->tree->target, rel), .st = *st, .tree = w->tree};
	c->rel = c->path + strlen(c->path) - strlen(rel);
	return c;
}

static void drop_last(const struct changes_walk *w)
{
	struct change *c = &w->out->v[--w->out->n];

	free(c->path);
	free(c->link);
}

/* Is it what the box made of its files: shut, too deep, gone meanwhile? Any other error says nothing of them. */
static bool is_of_box(int r)
{
	return r == -EACCES || r == -EPERM || r == -ENAMETOOLONG || r == -ELOOP || r == -ENOENT ||
	       r == -ENOTDIR;
}

/* What the box has shut is told, and the rest is shown. */
static int cannot_read(const struct changes_walk *w, const char *rel, int r, struct err *e)
{
	cleanup_free char *quoted = err_quote_all(rel);

	if (!is_of_box(r))
		return err_sys(e, -r, "cannot read '%.512s' of the box", quoted);
	log_warn("cannot read '%.512s' of the box: %s", quoted, strerror(-r));
	w->out->incomplete = true;
	return 0;
}

/* 1, 0 or -errno, as all that compare do here. */
static int same_bytes(int a, int b)
{
	char x[16384], y[16384];

	for (;;) {
		ssize_t n = read(a, x, sizeof(x)), m = n < 0 ? n : read(b, y, sizeof(y));

		if (m < 0)
			return -errno;
		if (m != n || memcmp(x, y, (size_t)n) != 0)
			return 0;
		if (n == 0)
			return 1;
	}
}

/* Of two regular files of one size; what may not be read is taken for changed. */
static int same_content(const struct changes_walk *w, size_t layer, const char *rel)
{
	const int flags = O_RDONLY | O_NONBLOCK | O_NOCTTY;
	cleanup_close int now = -1, was = -1;
	struct err ignored;
	int r = path_open_nolinks(w->tree->upper, rel, flags, 0, &now, &ignored);

	if (r == 0)
		r = path_open_nolinks(w->tree->base.layers[layer], rel, flags, 0, &was, &ignored);
	if (r < 0)
		return is_of_box(r) ? 0 : r;
	return same_bytes(now, was);
}

static int same_link(const struct changes_walk *w, size_t layer, const char *rel, const char *now)
{
	char was[PATH_MAX];
	ssize_t n = readlinkat(w->tree->base.layers[layer], rel, was, sizeof(was) - 1);

	if (n < 0)
		return is_of_box(-errno) ? 0 : -errno;
	return (size_t)n == strlen(now) && memcmp(was, now, (size_t)n) == 0;
}

static int unchanged(const struct changes_walk *w, size_t layer, const char *rel,
		     const struct stat *was, const struct stat *now, const char *link)
{
	if ((was->st_mode & S_IFMT) != (now->st_mode & S_IFMT))
		return 0;
	if (S_ISLNK(now->st_mode))
		return same_link(w, layer, rel, link);
	if ((was->st_mode & PERMISSIONS) != (now->st_mode & PERMISSIONS))
		return 0;
	if (!S_ISREG(now->st_mode))
		return was->st_rdev == now->st_rdev;
	return was->st_size == now->st_size ? same_content(w, layer, rel) : 0;
}

/* Is path mounted upon, or does the way to such a place lead through it? */
static bool is_way_to_mount(const struct changes_walk *w, const char *path, bool itself)
{
	cleanup_free char *quoted = err_quote_all(path);

	for (size_t i = 0; i < w->mounts->n; i++)
		if (itself ? streq(w->mounts->v[i], quoted)
			   : path_is_beneath(w->mounts->v[i], quoted))
			return true;
	return false;
}

/* Such a file is none of the launcher's: none of a size that it makes. */
static bool is_no_text(int r)
{
	return is_of_box(r) || r == -EINVAL || r == -EFBIG;
}

/* Is it a file of /etc that is as etc_apply() left it? */
static int is_launchers(const struct changes_walk *w, const char *rel)
{
	cleanup_buf struct buf now = BUF_INIT, was = BUF_INIT;
	cleanup_close int fd = -1;
	struct err ignored;
	int r;

	if (!streq(w->tree->target, "/") || !starts_with(rel, "etc/") ||
	    !etc_lines_has(path_basename(rel)) || strchr(rel + strlen("etc/"), '/'))
		return 0;
	r = path_open_nolinks(w->tree->upper, rel, O_RDONLY | O_NONBLOCK | O_NOCTTY, 0, &fd,
			      &ignored);
	if (r == 0)
		r = file_read_fd(fd, rel, ETC_MAX, &now, &ignored);
	if (r < 0)
		return is_no_text(r) ? 0 : r;
	r = view_read(&w->tree->base, rel, ETC_MAX, &was, &ignored);
	if (r < 0 && !is_no_text(r))
		return r;
	if (r < 0)
		buf_reset(&was);
	return etc_lines_made(path_basename(rel), &was, &now, w->user, w->home);
}

static bool is_sudo_link(const struct changes_walk *w, const char *rel, const char *link)
{
	return streq(w->tree->target, "/") && streq(rel, BOX_SUDO_LINK) &&
	       streq(link, BOX_SUDO_BIN);
}

static int walk_folder(const struct changes_walk *w, const char *rel, struct beneath b,
		       struct err *e);

static int visit_folder(const struct changes_walk *w, const char *rel, const struct stat *st,
			const struct stat *was, struct beneath b, struct err *e)
{
	size_t first = w->out->n;
	int r = b.opaque ? 1 : view_is_opaque(w->tree->upper, rel, e);

	if (r < 0)
		return cannot_read(w, rel, r, e);
	b.opaque = r;
	if (!was)
		add(w, CHANGE_ADDED, rel, st);
	else if (!S_ISDIR(was->st_mode) ||
		 (was->st_mode & PERMISSIONS) != (st->st_mode & PERMISSIONS))
		add(w, CHANGE_MODIFIED, rel, st);
	b.fresh = !was || !S_ISDIR(was->st_mode);
	r = walk_folder(w, rel, b, e);
	if (r == 0 && !was && w->out->n == first + 1 &&
	    is_way_to_mount(w, w->out->v[first].path, false))
		drop_last(w);
	return r;
}

static int visit_file(const struct changes_walk *w, const char *rel, int fd, const struct stat *st,
		      const struct stat *was, size_t layer, struct err *e)
{
	cleanup_free char *link = NULL;
	struct change *c;
	int r;

	if (S_ISLNK(st->st_mode)) {
		link = xcalloc(1, PATH_MAX);
		if (readlinkat(fd, "", link, PATH_MAX - 1) < 0)
			return cannot_read(w, rel, -errno, e);
		if (is_sudo_link(w, rel, link))
			return 0;
	}
	r = was ? unchanged(w, layer, rel, was, st, link) : 0;
	if (r == 0)
		r = is_launchers(w, rel);
	if (r != 0)
		return r < 0 ? cannot_read(w, rel, r, e) : 0;
	c = add(w, was ? CHANGE_MODIFIED : CHANGE_ADDED, rel, st);
	c->link = take_ptr(link);
	/* A file was mounted there. */
	if (!was && S_ISREG(st->st_mode) && st->st_size == 0 && is_way_to_mount(w, c->path, true))
		drop_last(w);
	return 0;
}

/* With the set-id bits that root of the box meant it to have; they are never the file's own. */
static int add_noted_bits(int fd, struct stat *st)
{
	char link[32], text[OWNER_MAX];
	struct owner o;
	ssize_t n;

	if (!S_ISREG(st->st_mode))
		return 0;
	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	n = getxattr(link, OWNER_XATTR, text, sizeof(text));
	if (n > 0 && owner_parse(text, (size_t)n, &o))
		st->st_mode |= o.bits;
	if (n >= 0 || errno == ENODATA || errno == EOPNOTSUPP || errno == ERANGE)
		return 0;
	return is_of_box(-errno) ? 0 : -errno;
}

static int add_noted_bits_below(const struct view *base, size_t layer, const char *rel,
				struct stat *st, struct err *e)
{
	cleanup_close int fd = -1;
	int r;

	if (!S_ISREG(st->st_mode))
		return 0;
	r = path_open_nolinks(base->layers[layer], rel, O_PATH, 0, &fd, e);
	if (r < 0)
		return is_of_box(r) ? 0 : r;
	return add_noted_bits(fd, st);
}

static int visit(const struct changes_walk *w, const char *rel, struct beneath b, struct err *e)
{
	const struct view *base = &w->tree->base;
	cleanup_close int fd = -1;
	struct stat st, before, *was = NULL;
	size_t layer = 0;
	int r = path_open_nolinks(w->tree->upper, rel, O_PATH | O_NOFOLLOW, 0, &fd, e);

	if (r == 0 && fstat(fd, &st) < 0)
		r = -errno;
	if (r == -ENOENT) /* meanwhile, of a box that runs */
		return 0;
	if (r == 0)
		r = add_noted_bits(fd, &st);
	if (r < 0)
		return cannot_read(w, rel, r, e);
	r = b.fresh ? -ENOENT : view_lookup(base, rel, &layer, &before, e);
	if (r == 0) {
		was = &before;
		r = add_noted_bits_below(base, layer, rel, &before, e);
	}
	if (r < 0 && r != -ENOENT && r != -ENOTDIR)
		return cannot_read(w, rel, r, e);
	if (base->n && is_whiteout(&st)) {
		if (was)
			add(w, CHANGE_DELETED, rel, was);
		return 0;
	}
	if (S_ISDIR(st.st_mode)) {
		close_fd(&fd);
		return visit_folder(w, rel, &st, was, b, e);
	}
	return visit_file(w, rel, fd, &st, was, layer, e);
}

/* The names in a directory of the upper, sorted; 0 or -errno. */
static int list(const struct changes_walk *w, const char *rel, struct strv *ret, struct err *e)
{
	int fd, r = path_open_nolinks(w->tree->upper, *rel ? rel : ".", O_RDONLY | O_DIRECTORY, 0,
				      &fd, e);

	return r < 0 ? r : dir_take_names(&fd, rel, ret, e);
}

static int by_text(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* What lies beneath an opaque directory, and is not in it, is no more. */
static int add_hidden(const struct changes_walk *w, const char *rel, const struct strv *names,
		      struct err *e)
{
	cleanup_strv struct strv below = {0};
	int r = view_list(&w->tree->base, rel, &below, e);

	for (size_t i = 0; r == 0 && i < below.n; i++) {
		cleanup_free char *sub = *rel ? path_join(rel, below.v[i]) : xstrdup(below.v[i]);
		struct stat st;
		size_t layer;

		if (names->n &&
		    bsearch(&below.v[i], names->v, names->n, sizeof(*names->v), by_text))
			continue;
		r = view_lookup(&w->tree->base, sub, &layer, &st, e);
		if (r == 0)
			add(w, CHANGE_DELETED, sub, &st);
		else
			r = r == -ENOENT ? 0 : cannot_read(w, sub, r, e);
	}
	return r;
}

static int walk_folder(const struct changes_walk *w, const char *rel, struct beneath b,
		       struct err *e)
{
	cleanup_strv struct strv names = {0};
	int r = list(w, rel, &names, e);

	if (r < 0)
		return r == -ENOENT ? 0 : cannot_read(w, rel, r, e);
	for (size_t i = 0; r == 0 && i < names.n; i++) {
		cleanup_free char *sub = *rel ? path_join(rel, names.v[i]) : xstrdup(names.v[i]);

		r = visit(w, sub, b, e);
	}
	return r == 0 && b.opaque && !b.fresh ? add_hidden(w, rel, &names, e) : r;
}

int changes_walk(const struct changes_walk *w, struct err *e)
{
	struct beneath b = {.fresh = w->tree->base.n == 0};

	return walk_folder(w, "", b, e);
}
