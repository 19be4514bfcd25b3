/*
 * changes.c - finding the changes in a box's trees: overlayfs's rules in reverse: whiteouts, opaque
 * directories, files that were copied up but are unchanged.
 *
 * Memory holds the directory names on the way and the results; no descriptor stays open, however
 * deep a tree is.
 */
#include "changes/changes.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/dir.h"
#include "base/file.h"
#include "base/log.h"
#include "base/owner.h"
#include "base/path.h"
#include "base/proc.h"
#include "grant/etc_lines.h"
#include "launch/protocol.h"
#include "rootfs/image.h"
#include "start/boot.h"

#define ETC_MAX	    (16u << 20)
#define PERMISSIONS 07777

/* Made in every box for mounts, or by launch/etc.c. */
static const char *const always[] = {"/dev", "/etc", "/proc", "/run", "/sys", "/tmp"};

int changes_open_host(const char *path, int *ret_fd, struct err *e)
{
	cleanup_close int root = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	int r;

	if (root < 0)
		return err_sys(e, errno, "cannot open '/'");
	r = path_open_nolinks(root, path, O_PATH | O_DIRECTORY, 0, ret_fd, e);
	if (r == -ELOOP)
		return err_set(e, ELOOP, "cannot use '%s': a symlink was put in its way", path);
	return r;
}

static struct change_tree *add_tree(struct changes *c, const char *target,
				    const struct box_overlay *o)
{
	struct change_tree *t = &c->trees[c->n_trees++];

	*t = (struct change_tree){.target = xstrdup(target), .overlay = o, .upper = -1};
	return t;
}

static int open_upper(const struct store *s, const char *path, struct change_tree *t, struct err *e)
{
	t->upper = openat(s->data_fd, path, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	return t->upper < 0 ? err_sys(e, errno, "cannot open '%s/%s'", s->data, path) : 0;
}

static void reserve_lowers(struct change_tree *t, size_t n)
{
	t->lowers = xcalloc(n, sizeof(*t->lowers));
	t->base.layers = t->lowers;
}

static int add_root(const struct store *s, const struct box *b, struct changes *c, struct err *e)
{
	cleanup_free char *path = xasprintf("boxes/%s/upper", b->id);
	cleanup_image_root struct image_root root = IMAGE_ROOT_INIT;
	struct image_request image = {
		.store = s, .image = b->image, .base = b->project, .digest = &b->digest};
	struct change_tree *t = add_tree(c, "/", NULL);
	int r = image_resolve(&image, &root, e);

	if (r == 0)
		r = open_upper(s, path, t, e);
	if (r < 0)
		return r;
	image_root_stack(s, &b->prepared, &root);
	reserve_lowers(t, root.lowers.n);
	for (; t->base.n < root.lowers.n; t->base.n++) {
		const char *lower = root.lowers.v[t->base.n];
		int fd = open(lower, O_PATH | O_DIRECTORY | O_CLOEXEC);

		if (fd < 0)
			return err_sys(e, errno, "cannot open '%s'", lower);
		t->lowers[t->base.n] = fd;
	}
	return 0;
}

static int add_overlay(const struct store *s, const struct box_overlay *o, struct changes *c,
		       struct err *e)
{
	cleanup_free char *upper = path_join(o->path, "upper");
	struct change_tree *t = add_tree(c, o->target, o);
	int fd, r = open_upper(s, upper, t, e);

	if (r == 0)
		r = changes_open_host(o->source, &fd, e);
	if (r < 0)
		return err_add(e, "cannot tell what has changed in '%s'", o->target);
	reserve_lowers(t, 1);
	t->lowers[t->base.n++] = fd;
	return 0;
}

/* The mount points of the last start. */
static int read_mounts(const struct box *b, struct strv *out, struct err *e)
{
	cleanup_buf struct buf notes = BUF_INIT;
	char *save = NULL;
	int r;

	for (size_t i = 0; i < ARRAY_SIZE(always); i++)
		strv_push(out, always[i]);
	r = box_start_notes(b, &notes, e);
	if (r < 0 || !notes.len)
		return r;
	for (char *line = strtok_r(notes.data, "\n", &save); line;
	     line = strtok_r(NULL, "\n", &save))
		if (starts_with(line, MOUNT_NOTE))
			strv_push(out, line + strlen(MOUNT_NOTE));
	return 0;
}

static int add_trees(const struct store *s, const struct box *b, const char *home,
		     struct changes *c, struct err *e)
{
	cleanup_free char *path = xasprintf("boxes/%s/home", b->id);
	int r = overlays_list(s, b, &c->overlays, e);

	if (r < 0)
		return r;
	c->trees = xcalloc(c->overlays.n + 2, sizeof(*c->trees));
	r = add_root(s, b, c, e);
	if (r == 0)
		r = open_upper(s, path, add_tree(c, home, NULL), e);
	for (size_t i = 0; r == 0 && i < c->overlays.n; i++)
		r = add_overlay(s, &c->overlays.v[i], c, e);
	return r;
}

static int by_path(const void *a, const void *b)
{
	return strcmp(((const struct change *)a)->path, ((const struct change *)b)->path);
}

/* One tree of a box, and what is beneath it. */
struct walk {
	struct changes *out;
	const struct change_tree *tree;
	const struct user *user; /* as known to the box */
	const char *home;
	const struct strv *mounts; /* mount points, quoted by err_quote() */
};

/* What is known about the present directory. */
struct beneath {
	bool fresh;  /* nothing is beneath it */
	bool opaque; /* what is beneath is hidden */
};

static struct change *add(const struct walk *w, enum change_kind kind, const char *rel,
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

static void drop_last(const struct walk *w)
{
	struct change *c = &w->out->v[--w->out->n];

	free(c->path);
	free(c->link);
}

/*
 * Did the box cause it: inaccessible, too deep, gone meanwhile? Any other error says nothing about
 * the files.
 */
static bool is_of_box(int r)
{
	return r == -EACCES || r == -EPERM || r == -ENAMETOOLONG || r == -ELOOP || r == -ENOENT ||
	       r == -ENOTDIR;
}

/* Reports what the box made inaccessible, and continues. */
static int cannot_read(const struct walk *w, const char *rel, int r, struct err *e)
{
	cleanup_free char *quoted = err_quote_all(rel);

	if (!is_of_box(r))
		return err_sys(e, -r, "cannot read '%.512s' of the box", quoted);
	log_warn("cannot read '%.512s' of the box: %s", quoted, strerror(-r));
	w->out->incomplete = true;
	return 0;
}

/* 1, 0 or -errno, like all comparisons here. */
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

/* For two regular files of the same size; one that may not be read counts as changed. */
static int same_content(const struct walk *w, size_t layer, const char *rel)
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

static int same_link(const struct walk *w, size_t layer, const char *rel, const char *now)
{
	char was[PATH_MAX];
	ssize_t n = readlinkat(w->tree->base.layers[layer], rel, was, sizeof(was) - 1);

	if (n < 0)
		return is_of_box(-errno) ? 0 : -errno;
	return (size_t)n == strlen(now) && memcmp(was, now, (size_t)n) == 0;
}

static int unchanged(const struct walk *w, size_t layer, const char *rel, const struct stat *was,
		     const struct stat *now, const char *link)
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

/* Is path a mount point, or on the way to one? */
static bool is_way_to_mount(const struct walk *w, const char *path, bool itself)
{
	cleanup_free char *quoted = err_quote_all(path);

	for (size_t i = 0; i < w->mounts->n; i++)
		if (itself ? streq(w->mounts->v[i], quoted)
			   : path_is_beneath(w->mounts->v[i], quoted))
			return true;
	return false;
}

/* Such a file is not the launcher's. */
static bool is_no_text(int r)
{
	return is_of_box(r) || r == -EINVAL || r == -EFBIG;
}

/* Is it a file of /etc as etc_apply() left it? */
static int is_launchers(const struct walk *w, const char *rel)
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

static bool is_sudo_link(const struct walk *w, const char *rel, const char *link)
{
	return streq(w->tree->target, "/") && streq(rel, BOX_SUDO_LINK) &&
	       streq(link, BOX_SUDO_BIN);
}

static int walk_folder(const struct walk *w, const char *rel, struct beneath b, struct err *e);

static int visit_folder(const struct walk *w, const char *rel, const struct stat *st,
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

static int visit_file(const struct walk *w, const char *rel, int fd, const struct stat *st,
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
	/* It was made as a mount point. */
	if (!was && S_ISREG(st->st_mode) && st->st_size == 0 && is_way_to_mount(w, c->path, true))
		drop_last(w);
	return 0;
}

/* Adds the set-id bits that root of the box set, which are never on the file itself. */
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

static int visit(const struct walk *w, const char *rel, struct beneath b, struct err *e)
{
	const struct view *base = &w->tree->base;
	cleanup_close int fd = -1;
	struct stat st, before, *was = NULL;
	size_t layer = 0;
	int r = path_open_nolinks(w->tree->upper, rel, O_PATH | O_NOFOLLOW, 0, &fd, e);

	if (r == 0 && fstat(fd, &st) < 0)
		r = -errno;
	if (r == -ENOENT) /* removed meanwhile, in a running box */
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
static int list(const struct walk *w, const char *rel, struct strv *ret, struct err *e)
{
	int fd, r = path_open_nolinks(w->tree->upper, *rel ? rel : ".", O_RDONLY | O_DIRECTORY, 0,
				      &fd, e);

	return r < 0 ? r : dir_take_names(&fd, rel, ret, e);
}

static int by_text(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* What is beneath an opaque directory and not in it was deleted. */
static int add_hidden(const struct walk *w, const char *rel, const struct strv *names,
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

static int walk_folder(const struct walk *w, const char *rel, struct beneath b, struct err *e)
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

/* Appends the changes of one tree, in any order. */
static int walk_tree(const struct walk *w, struct err *e)
{
	struct beneath b = {.fresh = w->tree->base.n == 0};

	return walk_folder(w, "", b, e);
}

int changes_find(const struct store *s, const struct box *b, struct changes *out, struct err *e)
{
	cleanup_strv struct strv mounts = {0};
	cleanup_user struct user u = {0};
	cleanup_free char *home = NULL;
	int r;

	if (b->temporary)
		return err_set(e, EINVAL, "box '%s' is a throw-away box: nothing of it is kept",
			       b->name);
	user_self(&u);
	home = user_home(&u);
	r = read_mounts(b, &mounts, e);
	if (r == 0)
		r = add_trees(s, b, home, out, e);
	for (size_t i = 0; r == 0 && i < out->n_trees; i++) {
		struct walk w = {.out = out,
				 .tree = &out->trees[i],
				 .user = &u,
				 .home = home,
				 .mounts = &mounts};

		r = walk_tree(&w, e);
	}
	if (out->n)
		qsort(out->v, out->n, sizeof(*out->v), by_path);
	return r;
}

static void clear_change(struct change *c)
{
	free(c->path);
	free(c->link);
}

void changes_clear(struct changes *c)
{
	for (size_t i = 0; i < c->n; i++)
		clear_change(&c->v[i]);
	for (size_t i = 0; i < c->n_trees; i++) {
		struct change_tree *t = &c->trees[i];

		close_fd(&t->upper);
		for (size_t j = 0; j < t->base.n; j++)
			close_fd(&t->lowers[j]);
		free(t->lowers);
		free(t->target);
	}
	free(c->v);
	free(c->trees);
	overlays_clear(&c->overlays);
	*c = (struct changes){0};
}

void changes_keep(struct changes *c, const char *const *paths, size_t n)
{
	size_t kept = 0;

	for (size_t i = 0; i < c->n; i++) {
		bool keep = false;

		for (size_t j = 0; !keep && j < n; j++)
			keep = path_is_beneath(c->v[i].path, paths[j]);
		if (keep)
			c->v[kept++] = c->v[i];
		else
			clear_change(&c->v[i]);
	}
	c->n = kept;
}

static int open_regular(int root, const struct change *c, int *ret_fd, struct err *e)
{
	cleanup_close int fd = -1;
	struct stat st;
	int r = path_open_nolinks(root, c->rel, O_RDONLY | O_NONBLOCK | O_NOCTTY, 0, &fd, e);

	if (r < 0)
		return r;
	if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode))
		return err_set(e, EINVAL, "'%s' is not a regular file", c->path);
	*ret_fd = take_fd(&fd);
	return 0;
}

int change_open(const struct change *c, int *ret_fd, struct err *e)
{
	return open_regular(c->tree->upper, c, ret_fd, e);
}

int change_open_base(const struct change *c, int *ret_fd, struct err *e)
{
	struct stat st;
	size_t layer;
	int r = view_lookup(&c->tree->base, c->rel, &layer, &st, e);

	return r < 0 ? r : open_regular(c->tree->base.layers[layer], c, ret_fd, e);
}

const char *change_special(const struct change *c)
{
	if (c->kind == CHANGE_DELETED)
		return NULL;
	switch (c->st.st_mode & S_IFMT) {
	case S_IFREG:
	case S_IFDIR:
	case S_IFLNK:
		return NULL;
	case S_IFIFO:
		return "FIFO";
	case S_IFSOCK:
		return "socket";
	default:
		return "device";
	}
}
