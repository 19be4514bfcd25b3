/*
 * copy_layer.c - files, directories and links of a layer.
 *
 * Promises that nothing outside the layer's directory is written, and that no symlink of the layer
 * or of the stage is followed but in the destination, which is resolved beforehand. A file that
 * changed while it was copied is an error. Names that would be whiteouts are refused.
 */
#include "build/copy_layer.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/copy_whole.h"
#include "base/path.h"
#include "build/copy_mode.h"
#include "build/copy_owner.h"
#include "build/copy_stamps.h"
#include "image/layer/layer.h"
#include "image/layer/owner_mark.h"

#define WHITEOUT_PREFIX ".wh."

struct copy_dir_time {
	char *path;
	struct timespec mtime;
};

void copy_layer_next_source(struct copy_layer *l)
{
	first_names_free(&l->links);
}

static void forget_parent(struct copy_layer *l)
{
	free(take_ptr(l->parent));
	close_fd(&l->parent_fd);
}

void copy_layer_clear(struct copy_layer *l)
{
	copy_layer_next_source(l);
	forget_parent(l);
	layer_notes_clear(&l->notes);
	for (size_t i = 0; i < l->n_times; i++)
		free(l->times[i].path);
	free(l->times);
	free(l->fds);
	fclose_filep(&l->meta);
	*l = (struct copy_layer){.parent_fd = -1};
}

int copy_layer_begin(struct copy_layer *l, const struct copy_manner *manner, int upper_fd,
		     int meta_fd, struct err *e)
{
	const struct copy_tree *base = manner->base;
	size_t n = base ? base->n : 0;
	int fd = fcntl(meta_fd, F_DUPFD_CLOEXEC, 0);

	*l = (struct copy_layer){
		.manner = manner, .upper = upper_fd, .meta_fd = meta_fd, .parent_fd = -1};
	l->meta = fd >= 0 ? fdopen(fd, "w") : NULL;
	if (!l->meta)
		return err_sys(e, errno, "cannot write the layer's sidecar");
	l->fds = xcalloc(n + 1, sizeof(*l->fds));
	l->fds[0] = upper_fd;
	for (size_t i = 0; i < n; i++)
		l->fds[i + 1] = base->layers[i];
	l->base = (struct view){.layers = l->fds + 1, .n = n};
	l->both = (struct view){.layers = l->fds, .n = n + 1};
	return 0;
}

/* Makes l->parent_fd the directory that contains the real path; *ret_name is its last component. */
static int open_parent(struct copy_layer *l, const char *real, const char **ret_name, struct err *e)
{
	const char *name = path_basename(real);
	cleanup_free char *parent = xstrndup(real, name > real ? (size_t)(name - real - 1) : 0);
	struct err ignored;
	struct stat st;
	size_t layer;
	int r;

	*ret_name = *real ? name : ".";
	if (l->parent && streq(l->parent, parent))
		return 0;
	forget_parent(l);
	r = path_open_nolinks(l->upper, *parent ? parent : ".", O_PATH | O_DIRECTORY, 0,
			      &l->parent_fd, e);
	if (r < 0)
		return r;
	l->parent_below = view_lookup(&l->base, parent, &layer, &st, &ignored) == 0 &&
			  S_ISDIR(st.st_mode);
	l->parent = take_ptr(parent);
	return 0;
}

/* What is at a path. */
struct found {
	bool there, in_layer; /* else below */
	mode_t mode;
};

static int look(struct copy_layer *l, const char *real, const char **ret_name, struct found *ret,
		struct err *e)
{
	struct stat st;
	size_t layer;
	int r = open_parent(l, real, ret_name, e);

	if (r < 0)
		return r;
	*ret = (struct found){0};
	if (fstatat(l->parent_fd, *ret_name, &st, AT_SYMLINK_NOFOLLOW) == 0) {
		*ret = (struct found){.there = true, .in_layer = true, .mode = st.st_mode};
		return 0;
	}
	if (errno != ENOENT)
		return err_sys(e, errno, "cannot look at '/%s'", real);
	if (!l->parent_below)
		return 0;
	r = view_lookup(&l->base, real, &layer, &st, e);
	if (r == 0)
		*ret = (struct found){.there = true, .mode = st.st_mode};
	return r == -ENOENT ? 0 : r;
}

bool copy_layer_has_dir(struct copy_layer *l, const char *real)
{
	struct err ignored;
	struct stat st;
	size_t layer;

	return view_lookup(&l->both, real, &layer, &st, &ignored) == 0 && S_ISDIR(st.st_mode);
}

int copy_layer_open(struct copy_layer *l, const char *real, int *ret_fd, struct err *e)
{
	return path_open_nolinks(l->upper, *real ? real : ".", O_RDONLY | O_DIRECTORY, 0, ret_fd,
				 e);
}

static void strike(struct strv *list, const char *path)
{
	size_t kept = 0;

	for (size_t i = 0; i < list->n; i++) {
		if (streq(list->v[i], path))
			free(list->v[i]);
		else
			list->v[kept++] = list->v[i];
	}
	list->n = kept;
	if (list->v)
		list->v[kept] = NULL;
}

/* Writes the entry's line, unless its file, with this mode, says all that is true of it. */
static void write_line(struct copy_layer *l, const struct meta_entry *m, mode_t applied)
{
	if (l->rewritten || m->uid || m->gid || m->mode != applied || strchr("bc", m->type) ||
	    m->xattr_names.n)
		meta_write(l->meta, m);
}

/* With the step's mode and owner in place of the source's. */
static struct meta_entry true_attributes(const struct copy_layer *l, const char *real,
					 const struct copy_entry *entry)
{
	const struct copy_manner *how = l->manner;
	struct meta_entry m = {
		.path = xstrdup(real),
		.mode = entry->mode,
		.uid = how->owner ? how->owner->uid : entry->uid,
		.gid = how->owner ? how->owner->gid : entry->gid,
		.type = entry->type,
		.major = entry->major,
		.minor = entry->minor,
	};

	if (how->chmod && m.type != 'l')
		m.mode = copy_mode(how->chmod, m.mode, m.type == 'd');
	return m;
}

/* user.* goes onto the file; what does not fit there, and other kinds, into the sidecar. */
static int take_xattrs(const struct copy_entry *entry, int from, int to, struct meta_entry *m,
		       struct err *e)
{
	struct meta_entry all = {0};
	int r = copy_entry_xattrs(entry, from, &all, e);

	for (size_t i = 0; r == 0 && i < all.xattr_names.n; i++) {
		const char *name = all.xattr_names.v[i];
		const struct buf *value = &all.xattr_values[i];

		if (to < 0 || !starts_with(name, "user.") ||
		    fsetxattr(to, name, value->data, value->len, 0) < 0)
			meta_entry_add_xattr(m, name, value->data, value->len);
	}
	meta_entry_clear(&all);
	return r;
}

static void note_time(struct copy_layer *l, const char *real, struct timespec mtime)
{
	l->times = xrealloc(l->times, l->n_times + 1, sizeof(*l->times));
	l->times[l->n_times++] = (struct copy_dir_time){.path = xstrdup(real), .mtime = mtime};
}

/* Gives a directory of the layer the attributes; from: the source's, or -1. */
static int set_dir(struct copy_layer *l, const char *name, const struct copy_entry *entry, int from,
		   struct meta_entry *m, struct err *e)
{
	mode_t mode = (m->mode & 03777) | 0700;
	cleanup_close int fd = openat(l->parent_fd, name,
				      O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	int r;

	if (fd < 0)
		return err_sys(e, errno, "cannot open '/%s'", m->path);
	r = take_xattrs(entry, from, fd, m, e);
	if (r < 0)
		return r;
	if (owner_mark(fd, m, e) < 0)
		return err_add(e, "'/%s'", m->path);
	if (fchmod(fd, mode) < 0)
		return err_sys(e, errno, "cannot set the mode of '/%s'", m->path);
	write_line(l, m, mode);
	return 0;
}

/* What a directory has because of the one that it is made in, as in BuildKit. */
static void inherit(const struct copy_layer *l, struct meta_entry *m)
{
	cleanup_close int dir = -1;
	struct err ignored;
	struct stat st;
	uint32_t gid;
	size_t layer;

	if (!strv_has(&l->notes.implicit, l->parent))
		dir = openat(l->parent_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	else if (view_lookup(&l->base, l->parent, &layer, &st, &ignored) == 0)
		path_open_nolinks(l->base.layers[layer], *l->parent ? l->parent : ".",
				  O_RDONLY | O_DIRECTORY, 0, &dir, &ignored);
	if (dir < 0 || !copy_owner_inherits(dir, &gid))
		return;
	m->mode |= S_ISGID;
	if (!l->manner->owner)
		m->gid = gid;
}

/* A directory that no source has: a parent of the destination. */
static int make_parent(struct copy_layer *l, const char *name, const char *real, mode_t mode,
		       struct err *e)
{
	const struct copy_entry entry = {.type = 'd', .real = real};
	struct meta_entry m = true_attributes(l, real, &entry);
	int r;

	m.mode = mode;
	inherit(l, &m);
	if (mkdirat(l->parent_fd, name, 0700) < 0)
		r = err_sys(e, errno, "cannot make '/%s'", real);
	else
		r = set_dir(l, name, &entry, -1, &m, e);
	note_time(l, real, l->manner->time);
	meta_entry_clear(&m);
	return r;
}

/* A directory that the stage has is one of the layer too, with the same attributes. */
static int make_same(struct copy_layer *l, const char *name, const char *real, struct err *e)
{
	if (mkdirat(l->parent_fd, name, 0755) < 0)
		return err_sys(e, errno, "cannot make '/%s'", real);
	strv_push(&l->notes.implicit, real);
	return 0;
}

int copy_layer_mkdirs(struct copy_layer *l, const char *real, mode_t mode, struct err *e)
{
	int r = 0;

	if (!strv_has(&l->notes.implicit, ""))
		strv_push(&l->notes.implicit, "");
	for (size_t n = 0; r == 0 && real[n];) {
		cleanup_free char *path = NULL;
		struct found have = {0};
		const char *name;

		n += n > 0;
		n += strcspn(real + n, "/");
		path = xstrndup(real, n);
		r = look(l, path, &name, &have, e);
		if (r == 0 && have.there && !S_ISDIR(have.mode))
			r = err_set(e, ENOTDIR, "'/%s' of the stage is not a directory", path);
		else if (r == 0 && !have.there)
			r = make_parent(l, name, path, mode, e);
		else if (r == 0 && !have.in_layer)
			r = make_same(l, name, path, e);
	}
	return r;
}

static int put_dir(struct copy_layer *l, const char *real, const char *name,
		   const struct found *have, const struct copy_entry *entry, struct err *e)
{
	bool keep = have->there && (!*entry->path || entry->implied);
	cleanup_close int from = -1;
	struct meta_entry m;
	int r;

	if (have->there && !S_ISDIR(have->mode))
		return err_set(e, ENOTDIR,
			       "'%s' is a directory, and '/%s' of the stage is not: it cannot be "
			       "replaced",
			       entry->real, real);
	if (keep)
		return have->in_layer ? 0 : make_same(l, name, real, e);
	if (!have->in_layer && mkdirat(l->parent_fd, name, 0700) < 0)
		return err_sys(e, errno, "cannot make '/%s'", real);
	if (have->in_layer) {
		l->rewritten = true;
		strike(&l->notes.implicit, real);
	}
	from = openat(entry->dir, entry->name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (from < 0)
		return err_sys(e, errno, "cannot open '%s'", entry->real);
	m = true_attributes(l, real, entry);
	r = set_dir(l, name, entry, from, &m, e);
	note_time(l, real, entry->st.st_mtim);
	meta_entry_clear(&m);
	return r;
}

static int count_bytes(struct copy_layer *l, uint64_t size, struct err *e)
{
	uint64_t max = l->manner->limits.max_bytes;

	l->bytes += size;
	if (!max || l->bytes <= max)
		return 0;
	return err_set(e, EFBIG,
		       "the step copies more than %llu bytes: raise [images] max-size in "
		       "sandbox.conf if that is meant",
		       (unsigned long long)max);
}

static int count_entry(struct copy_layer *l, struct err *e)
{
	uint64_t max = l->manner->limits.max_entries;

	if (++l->entries <= max || !max)
		return 0;
	return err_set(e, EFBIG,
		       "the step copies more than %llu files: raise [images] max-entries in "
		       "sandbox.conf if that is meant",
		       (unsigned long long)max);
}

/* Opens a regular file, which is still the one that was listed. */
static int open_content(const struct copy_entry *entry, int *ret_fd, struct err *e)
{
	cleanup_close int fd = openat(entry->dir, entry->name,
				      O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	struct stat st;

	if (fd < 0 || fstat(fd, &st) < 0)
		return err_sys(e, errno, "cannot read '%s'", entry->real);
	if (!copy_stamps_same(&st, &entry->st))
		return err_set(e, EBUSY, "'%s' changed while it was copied", entry->real);
	*ret_fd = take_fd(&fd);
	return 0;
}

static int write_content(struct copy_layer *l, const char *real, const char *name,
			 const struct copy_entry *entry, int content_fd, int *ret_fd, struct err *e)
{
	cleanup_close int out = openat(l->parent_fd, name,
				       O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	struct stat st;
	int r;

	if (out < 0)
		return err_sys(e, errno, "cannot make '/%s'", real);
	r = copy_bytes(content_fd, out, entry->st.st_size);
	/* It became shorter; or it has other times, unless the content is ours. */
	if (r == -EIO || (r == 0 && entry->dir >= 0 &&
			  (fstat(content_fd, &st) < 0 || !copy_stamps_same(&st, &entry->st))))
		return err_set(e, EBUSY, "'%s' changed while it was copied", entry->real);
	if (r < 0)
		return err_sys(e, -r, "cannot copy '%s'", entry->real);
	*ret_fd = take_fd(&out);
	return 0;
}

static int put_file(struct copy_layer *l, const char *real, const char *name,
		    const struct copy_entry *entry, int content_fd, struct meta_entry *m,
		    struct err *e)
{
	const struct timespec times[2] = {{.tv_nsec = UTIME_OMIT}, entry->st.st_mtim};
	/* Always readable by us, else the overlay could not copy it up. */
	mode_t mode = (m->mode & 0777) | 0400;
	cleanup_close int opened = -1, fd = -1;
	int r = count_bytes(l, (uint64_t)entry->st.st_size, e);

	if (r == 0 && content_fd < 0)
		r = open_content(entry, &opened, e);
	if (r == 0)
		r = write_content(l, real, name, entry, content_fd < 0 ? opened : content_fd, &fd,
				  e);
	if (r == 0)
		r = take_xattrs(entry, opened, fd, m, e);
	if (r < 0)
		return r;
	if (futimens(fd, times) < 0)
		return err_sys(e, errno, "cannot set the times of '/%s'", real);
	if (owner_mark(fd, m, e) < 0 || owner_mark_capability(fd, m, e) < 0)
		return err_add(e, "'/%s'", real);
	if (fchmod(fd, mode) < 0)
		return err_sys(e, errno, "cannot set the attributes of '/%s'", real);
	write_line(l, m, mode);
	return 0;
}

static int put_hard_link(struct copy_layer *l, const char *real, const char *name,
			 const char *before, const struct copy_entry *entry, struct meta_entry *m,
			 struct err *e)
{
	const char *base = path_basename(before);
	cleanup_free char *dir = xstrndup(before, base > before ? (size_t)(base - before - 1) : 0);
	cleanup_close int from = -1, fd = -1;
	struct meta_entry all = {0};
	int r = path_open_nolinks(l->upper, *dir ? dir : ".", O_PATH | O_DIRECTORY, 0, &from, e);

	if (r == 0 && linkat(from, base, l->parent_fd, name, 0) < 0)
		r = err_sys(e, errno, "cannot make the hard link '/%s'", real);
	if (r == 0)
		r = open_content(entry, &fd, e);
	if (r == 0)
		r = copy_entry_xattrs(entry, fd, &all, e);
	/* user.* is on the file; its line must be repeated for each name. */
	for (size_t i = 0; r == 0 && i < all.xattr_names.n; i++)
		if (!starts_with(all.xattr_names.v[i], "user."))
			meta_entry_add_xattr(m, all.xattr_names.v[i], all.xattr_values[i].data,
					     all.xattr_values[i].len);
	meta_entry_clear(&all);
	if (r == 0)
		write_line(l, m, (m->mode & 0777) | 0400);
	return r;
}

static int put_symlink(struct copy_layer *l, const char *real, const char *name,
		       const struct copy_entry *entry, struct meta_entry *m, struct err *e)
{
	const struct timespec times[2] = {owner_mark_time(m), entry->st.st_mtim};
	char target[PATH_MAX];
	ssize_t n = readlinkat(entry->dir, entry->name, target, sizeof(target) - 1);
	int r;

	if (n < 0)
		return err_sys(e, errno, "cannot read the symlink '%s'", entry->real);
	target[n] = '\0';
	if (symlinkat(target, l->parent_fd, name) < 0 ||
	    utimensat(l->parent_fd, name, times, AT_SYMLINK_NOFOLLOW) < 0)
		return err_sys(e, errno, "cannot make the symlink '/%s'", real);
	r = take_xattrs(entry, -1, -1, m, e);
	if (r == 0)
		write_line(l, m, m->mode);
	return r;
}

/* The sidecar says what an empty file stands in for, and so does the file, to the box. */
static int put_special(struct copy_layer *l, const char *real, const char *name,
		       const struct copy_entry *entry, struct meta_entry *m, struct err *e)
{
	const struct timespec times[2] = {owner_mark_time(m), entry->st.st_mtim};
	mode_t mode;
	int r = owner_mark_node(l->parent_fd, name, m, &mode, e);

	if (r < 0)
		return r;
	if (utimensat(l->parent_fd, name, times, AT_SYMLINK_NOFOLLOW) < 0)
		return err_sys(e, errno, "cannot set the time of '/%s'", real);
	write_line(l, m, mode);
	return 0;
}

static int put_other(struct copy_layer *l, const char *real, const char *name,
		     const struct copy_entry *entry, int content_fd, struct err *e)
{
	const char *before = content_fd < 0 && entry->type == 'f'
				     ? first_names_of(&l->links, &entry->st, real)
				     : NULL;
	struct meta_entry m = true_attributes(l, real, entry);
	int r;

	if (before)
		r = put_hard_link(l, real, name, before, entry, &m, e);
	else if (m.type == 'f')
		r = put_file(l, real, name, entry, content_fd, &m, e);
	else if (m.type == 'l')
		r = put_symlink(l, real, name, entry, &m, e);
	else if (!m.type)
		r = err_set(e, ENOTSUP, "'%s' is a socket: no image can hold it", entry->real);
	else
		r = put_special(l, real, name, entry, &m, e);
	meta_entry_clear(&m);
	return r;
}

int copy_layer_put(struct copy_layer *l, const char *real, const struct copy_entry *entry,
		   int content_fd, struct err *e)
{
	struct found have = {0};
	const char *name = NULL;
	int r = count_entry(l, e);

	if (r == 0)
		r = look(l, real, &name, &have, e);
	if (r < 0)
		return r;
	if (starts_with(name, WHITEOUT_PREFIX))
		return err_set(e, ENOTSUP,
			       "'%s' would remove another file: no layer can hold this name",
			       entry->real);
	if (entry->type == 'd')
		return put_dir(l, real, name, &have, entry, e);
	if (have.there && S_ISDIR(have.mode))
		return err_set(e, EISDIR,
			       "'/%s' of the stage is a directory, and '%s' is not: it cannot be "
			       "replaced",
			       real, entry->real);
	if (have.in_layer) {
		if (unlinkat(l->parent_fd, name, 0) < 0)
			return err_sys(e, errno, "cannot replace '/%s'", real);
		l->rewritten = true;
	}
	return put_other(l, real, name, entry, content_fd, e);
}

static int set_times(struct copy_layer *l, struct err *e)
{
	int r = 0;

	for (size_t i = l->n_times; r == 0 && i-- > 0;) {
		const struct timespec times[2] = {{.tv_nsec = UTIME_OMIT}, l->times[i].mtime};
		cleanup_close int fd = -1;

		r = copy_layer_open(l, l->times[i].path, &fd, e);
		if (r == 0 && futimens(fd, times) < 0)
			r = err_sys(e, errno, "cannot set the time of '/%s'", l->times[i].path);
	}
	return r;
}

int copy_layer_finish(struct copy_layer *l, struct err *e)
{
	const struct copy_tree *base = l->manner->base;
	int r = set_times(l, e);

	if (r == 0 && fflush(l->meta) != 0)
		r = err_sys(e, errno, "cannot write the layer's sidecar");
	return r < 0 ? r
		     : layer_settle(l->upper, l->meta_fd, &l->notes, l->base.layers,
				    base ? base->metas : NULL, l->base.n, e);
}
