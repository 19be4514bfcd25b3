/*
 * copy_view.c - walks a stack of layers, or a context, as one tree.
 *
 * A directory is a list of descriptors: those of the layers that merge there, top first, by the
 * rules of image/store/view.h.
 */
#include "build/copy_view.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "base/capability.h"
#include "base/cleanup.h"
#include "base/dir.h"
#include "base/owner.h"
#include "base/path.h"
#include "build/copy_ahead.h"

/* A directory of the tree. */
struct place {
	int *fds;
	size_t *layers; /* the index of each in the tree */
	size_t n;
};

static void place_clear(struct place *p)
{
	for (size_t i = 0; i < p->n; i++)
		close(p->fds[i]);
	free(p->fds);
	free(p->layers);
	*p = (struct place){0};
}
#define cleanup_place __attribute__((cleanup(place_clear)))

static void place_add(struct place *p, int fd, size_t layer)
{
	p->fds = xrealloc(p->fds, p->n + 1, sizeof(*p->fds));
	p->layers = xrealloc(p->layers, p->n + 1, sizeof(*p->layers));
	p->fds[p->n] = fd;
	p->layers[p->n++] = layer;
}

void copy_view_close(struct copy_view *v)
{
	for (size_t i = 0; v->metas && i < v->tree->n; i++)
		meta_free(v->metas[i]);
	free(v->metas);
	*v = (struct copy_view){0};
}

int copy_view_open(const struct copy_tree *tree, struct copy_view *ret, struct err *e)
{
	cleanup_copy_view struct copy_view v = {
		.tree = tree,
		.view = {.layers = tree->layers, .n = tree->n},
		.metas = xcalloc(tree->n + 1, sizeof(struct meta *)),
	};
	int r = 0;

	for (size_t i = 0; r == 0 && !tree->is_context && i < tree->n; i++)
		if (tree->metas[i] >= 0)
			r = meta_load(tree->metas[i], "a sidecar", &v.metas[i], e);
	if (r < 0)
		return r;
	*ret = v;
	v = (struct copy_view){0};
	return 0;
}

static int place_root(const struct copy_view *v, struct place *out, struct err *e)
{
	for (size_t i = 0; i < v->tree->n; i++) {
		int fd = openat(v->tree->layers[i], ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

		if (fd < 0)
			return err_sys(e, errno, "cannot open %s", v->tree->name);
		place_add(out, fd, i);
		if (!v->tree->is_context && view_is_opaque(fd, ".", e) == 1)
			break;
	}
	return 0;
}

static int cannot_look(const struct copy_view *v, int errnum, const char *real, struct err *e)
{
	if (errnum == ENOENT)
		return err_set(e, ENOENT, "there is no '%s' in %s", real, v->tree->name);
	return err_sys(e, errnum, "cannot look at '%s' in %s", real, v->tree->name);
}

/* Finds what the name is; *ret_at is the first of the place's descriptors that has it. -ENOENT. */
static int place_look(const struct copy_view *v, const struct place *p, const char *name,
		      const char *real, size_t *ret_at, struct stat *ret_st, struct err *e)
{
	for (size_t i = 0; i < p->n; i++) {
		if (fstatat(p->fds[i], name, ret_st, AT_SYMLINK_NOFOLLOW) < 0) {
			if (errno == ENOENT)
				continue;
			return cannot_look(v, errno, real, e);
		}
		if (!v->tree->is_context && is_whiteout(ret_st))
			break;
		*ret_at = i;
		return 0;
	}
	return cannot_look(v, ENOENT, real, e);
}

/* The directory that the name is, in the layers from `at` on. */
static int place_enter(const struct copy_view *v, const struct place *p, size_t at,
		       const char *name, const char *real, struct place *out, struct err *e)
{
	for (size_t i = at; i < p->n; i++) {
		int opaque, fd = openat(p->fds[i], name,
					O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

		if (fd < 0 && out->n > 0 && (errno == ENOTDIR || errno == ELOOP))
			break;
		if (fd < 0 && out->n > 0 && errno == ENOENT)
			continue;
		if (fd < 0)
			return err_sys(e, errno, "cannot open '%s' in %s", real, v->tree->name);
		place_add(out, fd, p->layers[i]);
		opaque = v->tree->is_context ? 1 : view_is_opaque(fd, ".", e);
		if (opaque)
			return opaque < 0 ? opaque : 0;
	}
	return 0;
}

static int by_text(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* The names in all layers, sorted; whiteouts too. */
static int place_names(const struct place *p, struct strv *out, struct err *e)
{
	size_t kept = 0;
	int r = 0;

	for (size_t i = 0; r == 0 && i < p->n; i++)
		r = dir_names(p->fds[i], ".", out, e);
	if (r < 0 || p->n < 2 || !out->n)
		return r;
	qsort(out->v, out->n, sizeof(char *), by_text);
	for (size_t i = 0; i < out->n; i++) {
		if (kept && streq(out->v[kept - 1], out->v[i]))
			free(out->v[i]);
		else
			out->v[kept++] = out->v[i];
	}
	out->n = kept;
	out->v[kept] = NULL;
	return 0;
}

/* A layer without a sidecar: what root of a box set is on the file. */
static void read_owner(struct copy_entry *entry)
{
	cleanup_free char *path = xasprintf("/proc/self/fd/%d/%s", entry->dir, entry->name);
	char text[OWNER_MAX];
	ssize_t n = lgetxattr(path, OWNER_XATTR, text, sizeof(text));
	struct owner o;

	if (n > 0 ? !owner_parse(text, (size_t)n, &o)
		  : S_ISREG(entry->st.st_mode) || S_ISDIR(entry->st.st_mode) ||
			    !owner_from_time(&entry->st.st_atim, &o))
		return;
	entry->uid = o.uid;
	entry->gid = o.gid;
	if (o.has_bits && entry->type == 'f')
		entry->mode = (entry->mode & ~(mode_t)(S_ISUID | S_ISGID)) | o.bits;
	if (o.device && entry->type == 'f') {
		entry->type = o.device;
		entry->major = o.major;
		entry->minor = o.minor;
	}
}

static bool is_device(char type)
{
	return type == 'b' || type == 'c';
}

static void fill_entry(const struct copy_view *v, size_t layer, struct copy_entry *entry)
{
	const struct meta_entry *m = NULL;

	entry->mode = entry->st.st_mode & 07777;
	entry->type = meta_type(entry->st.st_mode);
	entry->major = is_device(entry->type) ? major(entry->st.st_rdev) : 0;
	entry->minor = is_device(entry->type) ? minor(entry->st.st_rdev) : 0;
	if (v->tree->is_context)
		return;
	if (!v->metas[layer]) {
		entry->marked = true;
		read_owner(entry);
		return;
	}
	m = meta_find(v->metas[layer], entry->real);
	if (!m)
		return;
	entry->meta = m;
	entry->mode = m->mode;
	entry->uid = m->uid;
	entry->gid = m->gid;
	entry->type = m->type;
	entry->major = m->major;
	entry->minor = m->minor;
}

/* Does an image have it? Others belong to the host's security modules, to overlayfs, or to us. */
static bool is_copied(const char *name)
{
	if (starts_with(name, "user."))
		return !capability_or_owner_mark(name) && !starts_with(name, "user.overlay.");
	return streq(name, CAPABILITY_XATTR);
}

int copy_entry_xattrs(const struct copy_entry *entry, int fd, struct meta_entry *out, struct err *e)
{
	const struct meta_entry *m = entry->meta;
	cleanup_free char *names = NULL, *value = NULL;
	struct capability marked;
	bool has_real = false;
	ssize_t len = fd < 0 ? 0 : flistxattr(fd, NULL, 0);

	if (len > 0) {
		names = xcalloc(1, XATTR_LIST_MAX);
		value = xcalloc(1, XATTR_SIZE_MAX);
		len = flistxattr(fd, names, XATTR_LIST_MAX);
	}
	if (len < 0 && errno != EOPNOTSUPP)
		return err_sys(e, errno, "cannot read the attributes of '%s'", entry->real);
	for (const char *n = names; n && n < names + len; n += strlen(n) + 1) {
		ssize_t size = is_copied(n) ? fgetxattr(fd, n, value, XATTR_SIZE_MAX) : -1;

		if (size < 0)
			continue;
		has_real |= streq(n, CAPABILITY_XATTR);
		meta_entry_add_xattr(out, n, value, meta_capability(n, value, (size_t)size));
	}
	if (entry->marked && !has_real && fd >= 0 && capability_read(fd, &marked))
		meta_entry_add_xattr(out, CAPABILITY_XATTR, marked.value, marked.len);
	for (size_t i = 0; m && i < m->xattr_names.n; i++)
		meta_entry_add_xattr(out, m->xattr_names.v[i], m->xattr_values[i].data,
				     m->xattr_values[i].len);
	return 0;
}

/* A directory on the way that is not reported yet, and those above it. */
struct frame {
	struct copy_entry entry;
	bool reported;
	struct frame *up;
};

struct walk {
	const struct copy_view *v;
	const struct copy_filter *filter;
	int (*each)(void *ctx, const struct copy_entry *entry, struct err *e);
	void *ctx;
	struct buf real; /* of the current file */
	size_t top;	 /* where the path relative to the source begins */
	size_t depth;
	size_t ignored; /* the line that hides the source itself */
	struct ahead_tree ahead_tree;
	struct ahead *ahead; /* of a context that is a directory; NULL: not yet */
};

static int report_frames(struct walk *w, struct frame *f, struct err *e)
{
	int r;

	if (!f || f->reported)
		return 0;
	r = report_frames(w, f->up, e);
	if (r < 0)
		return r;
	f->reported = true;
	f->entry.implied = true;
	return w->each(w->ctx, &f->entry, e);
}

/* Is it on the way to what could be included? */
static bool leads_to(const char *path, const char *prefix)
{
	size_t n = strlen(path), m = strlen(prefix);
	size_t least = n < m ? n : m;
	const char *longer = n < m ? prefix : path;

	return !least ||
	       (strncmp(path, prefix, least) == 0 && (!longer[least] || longer[least] == '/'));
}

/* Is the file copied? *ret_below: something beneath it may be. *ret_line hides it, or is 0. */
static bool is_chosen(const struct walk *w, const char *path, const char *real, bool *ret_below,
		      size_t *ret_line)
{
	const struct ignore *hidden = w->v->tree->ignore;
	const struct copy_filter *f = w->filter;
	bool ignored = hidden && *real && ignore_matches(hidden, real, ret_line);
	bool excluded = f->excludes && *path && ignore_matches(f->excludes, path, NULL);
	bool included = !f->includes || !*path || ignore_matches(f->includes, path, NULL);

	if (ret_line && !ignored)
		*ret_line = 0;
	*ret_below = (!ignored || hidden->has_exceptions) &&
		     (!excluded || f->excludes->has_exceptions) &&
		     (included || leads_to(path, f->prefix));
	return !ignored && !excluded && included;
}

/* Where a file was found. */
struct found {
	struct stat st;
	int dir; /* it is openat(dir, name) */
	size_t layer;
	const struct place *place; /* of layers: with this index of the descriptor, */
	size_t at;
	struct ahead_dir **listed; /* or of a context: its own list, if it is a directory */
};

/* For copy_ahead.h. */
static bool enters(const void *ctx, const char *real)
{
	const struct walk *w = ctx;
	bool below;

	is_chosen(w, real + w->top, real, &below, NULL);
	return below;
}

static int walk_names(struct walk *w, const struct place *p, struct frame *up, struct err *e);
static int walk_list(struct walk *w, struct ahead_dir *d, struct frame *up, struct err *e);

static int walk_layers_dir(struct walk *w, const struct found *at, struct frame *f, struct err *e)
{
	cleanup_place struct place inside = {0};
	int r = place_enter(w->v, at->place, at->at, f->entry.name, f->entry.real, &inside, e);

	return r < 0 ? r : walk_names(w, &inside, f, e);
}

static int walk_context_dir(struct walk *w, const struct found *at, struct frame *f, struct err *e)
{
	struct ahead_dir *top = NULL, **d = at->listed ? at->listed : &top;
	int r;

	if (!w->ahead)
		w->ahead = ahead_new(&w->ahead_tree, at->dir, f->entry.name, f->entry.real, &top);
	r = ahead_enter(w->ahead, *d, e);
	if (r == 0)
		r = walk_list(w, *d, f, e);
	if (r == 0 && at->listed)
		ahead_leave(at->listed);
	return r;
}

static int walk_dir(struct walk *w, const struct found *at, struct frame *f, struct err *e)
{
	int r;

	if (w->depth >= COPY_DEPTH_MAX)
		return err_set(e, ELOOP, "'%s' is nested deeper than %d directories", f->entry.real,
			       COPY_DEPTH_MAX);
	w->depth++;
	r = w->v->tree->is_context ? walk_context_dir(w, at, f, e) : walk_layers_dir(w, at, f, e);
	w->depth--;
	return r;
}

/* The file at w->real, which has this name. */
static int walk_found(struct walk *w, const char *name, const struct found *at, struct frame *up,
		      struct err *e)
{
	const char *real = w->real.data;
	cleanup_free char *kept = NULL;
	struct frame f = {.up = up, .entry = {.name = name, .dir = at->dir, .st = at->st}};
	bool chosen, below;
	size_t line = 0;
	int r = 0;

	/* A directory is reported when the buffer has moved on. */
	if (S_ISDIR(at->st.st_mode))
		real = kept = xstrdup(real);
	f.entry.real = real;
	f.entry.path = w->real.len >= w->top ? real + w->top : "";
	chosen = is_chosen(w, f.entry.path, real, &below, &line);
	if (!up)
		w->ignored = line;
	fill_entry(w->v, at->layer, &f.entry);
	/* Nobody could use it without its process. */
	if (!f.entry.type && up)
		return 0;
	if (chosen) {
		r = report_frames(w, up, e);
		f.reported = true;
		if (r == 0)
			r = w->each(w->ctx, &f.entry, e);
	}
	return r < 0 || f.entry.type != 'd' || !below ? r : walk_dir(w, at, &f, e);
}

static int walk_file(struct walk *w, const struct place *p, const char *name, struct frame *up,
		     struct err *e)
{
	struct found at = {.place = p};
	int r = place_look(w->v, p, name, w->real.data, &at.at, &at.st, e);

	/* A whiteout is listed too. */
	if (r == -ENOENT && !w->v->tree->is_context && up)
		return 0;
	if (r < 0)
		return r;
	at.dir = p->fds[at.at];
	at.layer = p->layers[at.at];
	return walk_found(w, name, &at, up, e);
}

/* Appends a name to the current path, which was so long. */
static void name_next(struct walk *w, size_t len, const char *name)
{
	w->real.len = len;
	if (len)
		buf_addch(&w->real, '/');
	buf_addstr(&w->real, name);
}

static void name_done(struct walk *w, size_t len)
{
	w->real.len = len;
	w->real.data[len] = '\0';
}

static int walk_names(struct walk *w, const struct place *p, struct frame *up, struct err *e)
{
	cleanup_strv struct strv names = {0};
	size_t len = w->real.len;
	int r = place_names(p, &names, e);

	for (size_t i = 0; r == 0 && i < names.n; i++) {
		name_next(w, len, names.v[i]);
		r = walk_file(w, p, names.v[i], up, e);
	}
	name_done(w, len);
	return r;
}

static int walk_list(struct walk *w, struct ahead_dir *d, struct frame *up, struct err *e)
{
	size_t len = w->real.len;
	int r = 0;

	for (size_t i = 0; r == 0 && i < d->n; i++) {
		struct ahead_entry *entry = &d->v[i];
		const struct found at = {.st = entry->st, .dir = d->fd, .listed = &entry->dir};

		name_next(w, len, entry->name);
		r = entry->errnum ? cannot_look(w->v, entry->errnum, w->real.data, e)
				  : walk_found(w, entry->name, &at, up, e);
	}
	name_done(w, len);
	return r;
}

/* Opens the directory that contains `real`, which has no symlinks. */
static int open_parent(const struct copy_view *v, const char *real, struct place *out,
		       struct err *e)
{
	const char *last = path_basename(real);
	int r = place_root(v, out, e);

	while (r == 0 && real < last) {
		size_t n = strcspn(real, "/"), at = 0;
		cleanup_free char *name = xstrndup(real, n);
		struct place inside = {0};
		struct stat st;

		r = place_look(v, out, name, name, &at, &st, e);
		if (r == 0)
			r = place_enter(v, out, at, name, name, &inside, e);
		place_clear(out);
		*out = inside;
		real += n + 1;
	}
	return r;
}

int copy_view_walk(const struct copy_view *v, const char *real, const struct copy_filter *filter,
		   int (*each)(void *ctx, const struct copy_entry *entry, struct err *e), void *ctx,
		   size_t *ret_ignored, struct err *e)
{
	cleanup_place struct place parent = {0};
	struct walk w = {.v = v, .filter = filter, .each = each, .ctx = ctx, .real = BUF_INIT};
	int r = open_parent(v, real, &parent, e);

	w.ahead_tree = (struct ahead_tree){.name = v->tree->name, .enters = enters, .ctx = &w};
	buf_addstr(&w.real, real);
	w.top = w.real.len ? w.real.len + 1 : 0;
	if (r == 0)
		r = walk_file(&w, &parent, *real ? path_basename(real) : ".", NULL, e);
	if (w.ahead)
		ahead_free(w.ahead);
	buf_free(&w.real);
	if (ret_ignored)
		*ret_ignored = w.ignored;
	return r;
}
