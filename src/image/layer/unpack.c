/*
 * unpack.c - one entry of a tar stream becomes one file.
 *
 * Promises that nothing outside the root is touched, and that no symlink is followed in the last
 * component: an existing file is removed before the new one is made. Overlayfs marks
 * (user.overlay.*) are only ever written by us, never taken from an image. What a file of ours
 * cannot be or have is written to the sidecar, in lines short enough to be read again.
 *
 * Hard links to the layer's own files are made now, those to files of layers below later. All names
 * of a file share what the sidecar says about it. A link to a link leads to where that one leads,
 * so that it does not matter if the first does not exist yet.
 */
#include "image/layer/unpack.h"

#include <errno.h>
#include <fcntl.h>
#include <search.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "base/capability.h"
#include "base/cleanup.h"
#include "base/file.h"
#include "base/path.h"
#include "image/document/meta.h"
#include "image/layer/owner_mark.h"
#include "image/store/view.h"

#define XATTR_NAME_BYTES_MAX  255	   /* XATTR_NAME_MAX of xattr(7) */
#define XATTR_VALUE_BYTES_MAX 65536	   /* XATTR_SIZE_MAX */
#define XATTR_BYTES_MAX	      (256u << 10) /* of one entry; three times that if escaped */

#define WHITEOUT_PREFIX ".wh."
#define WHITEOUT_OPAQUE ".wh..wh..opq"
#define WHITEOUT_META	".wh..wh." /* aufs's own files */

/* Reads an entry's metadata; its line is written at the end, if its file cannot hold everything. */
static int begin_meta(struct archive_entry *entry, char type, struct meta_entry *m, struct err *e)
{
	la_int64_t uid = la.archive_entry_uid(entry), gid = la.archive_entry_gid(entry);

	if (uid < 0 || gid < 0 || uid >= UINT32_MAX || gid >= UINT32_MAX)
		return err_set(e, EBADMSG, "its owner %lld:%lld is out of range", (long long)uid,
			       (long long)gid);
	*m = (struct meta_entry){.mode = la.archive_entry_mode(entry) & 07777,
				 .uid = (uint32_t)uid,
				 .gid = (uint32_t)gid,
				 .type = type};
	return 0;
}

/* Under the real path of the entry: a symlink on its way may have led it elsewhere. */
static int write_meta(struct unpack *u, const char *name, struct meta_entry *m, struct err *e)
{
	m->path = *name ? unpack_real_path(u, name) : xstrdup("");
	if (!m->path)
		return err_set(e, EIO, "cannot tell where it is: is /proc mounted?");
	meta_write(u->meta, m);
	return 0;
}

static int end_meta(struct unpack *u, const char *name, struct meta_entry *m, mode_t applied,
		    struct err *e)
{
	if (u->rewritten || m->uid || m->gid || m->mode != applied || strchr("bc", m->type) ||
	    m->xattr_names.n)
		return write_meta(u, name, m, e);
	return 0;
}

/*
 * The mark of the owner and user.* go onto the file; what does not fit there, and other kinds, into
 * the sidecar.
 */
static int take_xattrs(struct archive_entry *entry, int fd, struct meta_entry *m, struct err *e)
{
	int r = fd < 0 ? 0 : owner_mark(fd, m, e);
	size_t len, all = 0;
	const char *name;
	const void *value;

	if (r < 0)
		return r;
	la.archive_entry_xattr_reset(entry);
	while (la.archive_entry_xattr_next(entry, &name, &value, &len) == ARCHIVE_OK) {
		if (!name || capability_or_owner_mark(name) || starts_with(name, "user.overlay.") ||
		    starts_with(name, "trusted.overlay."))
			continue;
		all += strlen(name) + len;
		if (strlen(name) > XATTR_NAME_BYTES_MAX || len > XATTR_VALUE_BYTES_MAX ||
		    all > XATTR_BYTES_MAX)
			return err_set(e, EBADMSG, "its extended attributes are too long");
		if (fd < 0 || !starts_with(name, "user.") || fsetxattr(fd, name, value, len, 0) < 0)
			meta_entry_add_xattr(m, name, value, len);
	}
	return 0;
}

/*
 * Removes what has the name. *ret_hidden: there was something; a directory in its place starts
 * empty.
 */
static int make_room(struct unpack *u, const char *name, bool *ret_hidden, struct err *e)
{
	struct stat st;
	bool there = fstatat(u->parent_fd, name, &st, AT_SYMLINK_NOFOLLOW) == 0;
	int r = 0;

	if (!there && errno != ENOENT)
		return err_sys(e, errno, "cannot look at '%s'", name);
	if (there && !is_whiteout(&st))
		u->rewritten = true;
	if (there)
		r = file_remove_tree(u->parent_fd, name, e);
	if (r == 0)
		*ret_hidden = there;
	return r;
}

struct link {
	char *path;   /* real path */
	char *origin; /* real path; as named if it is outward */
	bool outward; /* in the layers below */
};

static int by_link(const void *a, const void *b)
{
	return strcmp(((const struct link *)a)->path, ((const struct link *)b)->path);
}

static void free_link(void *p)
{
	struct link *l = p;

	free(l->path);
	free(l->origin);
	free(l);
}

static void clear_links(struct unpack *u)
{
	tdestroy(u->links, free_link);
}

static const struct link *find_link(struct unpack *u, const char *path)
{
	struct link key = {.path = (char *)path}, **node = tfind(&key, &u->links, by_link);

	return node ? *node : NULL;
}

/* From now on path leads to origin, or to where origin itself leads. */
static void note_link(struct unpack *u, const char *path, const char *origin, bool outward)
{
	const struct link *first = find_link(u, origin);
	struct link *l = xcalloc(1, sizeof(*l)), **node;

	*l = (struct link){.path = xstrdup(path),
			   .origin = xstrdup(first ? first->origin : origin),
			   .outward = first ? first->outward : outward};
	if (l->outward) {
		strv_push(&u->notes->links, path);
		strv_push(&u->notes->targets, l->origin);
	}
	node = tsearch(l, &u->links, by_link);
	if (*node != l) {
		free_link(*node);
		*node = l;
	}
}

/* -ENOENT: the layer has no such file. */
static int link_within(struct unpack *u, int target_dir, const char *target, const char *name,
		       struct err *e)
{
	struct stat have, want;
	bool hidden;
	int r;

	if (fstatat(target_dir, target, &want, AT_SYMLINK_NOFOLLOW) < 0)
		return -ENOENT;
	/* A whiteout here is not a file; and it hides those of the layers below. */
	if (is_whiteout(&want))
		return err_set(e, EBADMSG, "it is a hard link to what the layer removes");
	if (linkat(target_dir, target, u->parent_fd, name, 0) == 0)
		return 0;
	if (errno != EEXIST)
		return err_sys(e, errno, "cannot make the hard link");
	if (fstatat(u->parent_fd, name, &have, AT_SYMLINK_NOFOLLOW) == 0 &&
	    have.st_ino == want.st_ino && have.st_dev == want.st_dev)
		return 0;
	r = make_room(u, name, &hidden, e);
	if (r == 0 && linkat(target_dir, target, u->parent_fd, name, 0) < 0)
		r = errno == ENOENT ? -ENOENT : err_sys(e, errno, "cannot make the hard link");
	return r;
}

static int unpack_hardlink(struct unpack *u, struct archive_entry *entry, const char *name,
			   struct err *e)
{
	cleanup_free char *target = NULL, *dir = NULL, *real = NULL, *real_dir = NULL;
	cleanup_free char *origin = NULL;
	cleanup_close int target_dir = -1;
	const char *base;
	bool hidden;
	int r = unpack_clean_name(la.archive_entry_hardlink(entry), &target, e);

	if (r == 0 && !*target)
		r = err_set(e, EBADMSG, "it is a hard link to the root");
	if (r < 0)
		return r;
	base = path_basename(target);
	dir = xstrndup(target, base > target ? (size_t)(base - target - 1) : 0);
	real = unpack_real_path(u, name);
	r = path_open_beneath(u->root, *dir ? dir : ".", O_PATH | O_DIRECTORY, 0, &target_dir, e);
	if (r == 0) {
		real_dir = unpack_real_dir(u, target_dir);
		origin = real_dir && *real_dir ? path_join(real_dir, base)
			 : real_dir	       ? xstrdup(base)
					       : NULL;
	}
	if (!real || (r == 0 && !origin))
		return err_set(e, EIO, "cannot tell where it is: is /proc mounted?");
	if (r == 0)
		r = link_within(u, target_dir, base, name, e);
	if (r == 0)
		note_link(u, real, origin, false);
	if (r != -ENOENT && r != -ENOTDIR)
		return r;
	r = make_room(u, name, &hidden, e);
	if (r == 0)
		note_link(u, real, origin && find_link(u, origin) ? origin : target, true);
	return r;
}

/* Are both names still the same file? A later entry may have replaced one. */
static bool is_same(const struct unpack *u, const struct link *l)
{
	cleanup_close int a = -1, b = -1;
	struct stat st, origin;
	struct err none;

	return path_open_nolinks(u->root, l->path, O_PATH | O_NOFOLLOW, 0, &a, &none) == 0 &&
	       path_open_nolinks(u->root, l->origin, O_PATH | O_NOFOLLOW, 0, &b, &none) == 0 &&
	       fstat(a, &st) == 0 && fstat(b, &origin) == 0 && st.st_ino == origin.st_ino &&
	       st.st_dev == origin.st_dev;
}

struct finish {
	struct unpack *u;
	const struct meta *meta;
};

static void finish_link(const void *node, VISIT which, void *arg)
{
	const struct link *l = *(struct link *const *)node;
	const struct finish *f = arg;
	const struct meta_entry *m;
	struct meta_entry copy;

	if ((which != preorder && which != leaf) || l->outward)
		return;
	m = meta_find(f->meta, l->origin);
	if (!m || !is_same(f->u, l))
		return;
	copy = *m;
	copy.path = l->path;
	meta_write(f->u->meta, &copy);
}

/* Copies what the sidecar says about a file to its other names. */
static int finish_links(struct unpack *u, struct err *e)
{
	struct meta *m = NULL;
	struct finish f = {.u = u};
	int r;

	if (!u->links)
		return 0;
	if (fflush(u->meta) != 0)
		return err_sys(e, errno, "cannot write the layer's sidecar");
	r = meta_load(fileno(u->meta), "the layer's sidecar", &m, e);
	if (r < 0)
		return r;
	f.meta = m;
	r = fseek(u->meta, 0, SEEK_END) < 0 ? err_sys(e, errno, "cannot write the layer's sidecar")
					    : 0;
	if (r == 0)
		twalk_r(u->links, finish_link, &f);
	meta_free(m);
	return r;
}

void unpack_init(struct unpack *u, int root, FILE *meta, const struct layer_limits *limits,
		 struct layer_notes *notes)
{
	*u = (struct unpack){
		.root = root, .meta = meta, .limits = limits, .notes = notes, .parent_fd = -1};
}

static void free_dir(void *p)
{
	struct unpack_dir *d = p;

	free(d->path);
	free(d);
}

void unpack_clear(struct unpack *u)
{
	unpack_forget_parent(u);
	tdestroy(u->dirs, free_dir);
	clear_links(u);
}

static struct timespec mtime_of(struct archive_entry *entry)
{
	if (!la.archive_entry_mtime_is_set(entry))
		return (struct timespec){0};
	return (struct timespec){.tv_sec = la.archive_entry_mtime(entry),
				 .tv_nsec = la.archive_entry_mtime_nsec(entry)};
}

static int write_data(struct unpack *u, struct archive *a, struct archive_entry *entry, int fd,
		      struct err *e)
{
	la_int64_t size = la.archive_entry_size(entry), offset = 0;
	la_int64_t written = 0;
	const void *data;
	size_t len;
	int r;

	if (size < 0 || (uint64_t)size > u->limits->max_bytes - u->bytes)
		return err_set(e, EFBIG,
			       "the layer unpacks to more than %llu bytes: raise [images] max-size "
			       "in sandbox.conf if you trust it",
			       (unsigned long long)u->limits->max_bytes);
	u->bytes += (uint64_t)size;
	while ((r = la.archive_read_data_block(a, &data, &len, &offset)) == ARCHIVE_OK) {
		if (offset < 0 || offset > size || len > (size_t)(size - offset))
			return err_set(e, EBADMSG, "it holds more than the size it declares");
		if (offset != written && lseek(fd, offset, SEEK_SET) < 0)
			return err_sys(e, errno, "cannot write it");
		r = write_all(fd, data, len);
		if (r < 0)
			return err_sys(e, -r, "cannot write it");
		written = offset + (la_int64_t)len;
	}
	if (r != ARCHIVE_EOF)
		return err_set(e, EBADMSG, "its data cannot be read: %s",
			       la.archive_error_string(a) ? la.archive_error_string(a) : "damaged");
	return written < size && ftruncate(fd, size) < 0 ? err_sys(e, errno, "cannot write it") : 0;
}

static int make_file(struct unpack *u, const char *name, int *ret_fd, struct err *e)
{
	const int flags = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC;
	bool hidden;
	int r, fd = openat(u->parent_fd, name, flags, 0600);

	if (fd < 0 && errno == EEXIST) {
		if ((r = make_room(u, name, &hidden, e)) < 0)
			return r;
		fd = openat(u->parent_fd, name, flags, 0600);
	}
	if (fd < 0)
		return err_sys(e, errno, "cannot make it");
	*ret_fd = fd;
	return 0;
}

static int unpack_file(struct unpack *u, struct archive *a, struct archive_entry *entry,
		       const char *name, struct meta_entry *m, struct err *e)
{
	struct timespec times[2] = {{.tv_nsec = UTIME_OMIT}, mtime_of(entry)};
	/* Always readable by us, else the overlay could not copy it up. */
	mode_t mode = (m->mode & 0777) | 0400;
	cleanup_close int fd = -1;
	int r = make_file(u, name, &fd, e);

	if (r == 0)
		r = write_data(u, a, entry, fd, e);
	if (r < 0)
		return r;
	r = take_xattrs(entry, fd, m, e);
	if (r < 0)
		return r;
	if (futimens(fd, times) < 0)
		return err_sys(e, errno, "cannot set its times");
	r = owner_mark_capability(fd, m, e);
	if (r < 0)
		return r;
	if (fchmod(fd, mode) < 0)
		return err_sys(e, errno, "cannot set its mode");
	return end_meta(u, name, m, mode, e);
}

static int make_dir(struct unpack *u, const char *name, bool *ret_made, bool *ret_hidden,
		    struct err *e)
{
	struct stat st;
	bool hidden;
	int r;

	if (mkdirat(u->parent_fd, name, 0700) == 0) {
		*ret_made = true;
		return 0;
	}
	if (errno != EEXIST)
		return err_sys(e, errno, "cannot make it");
	if (fstatat(u->parent_fd, name, &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISDIR(st.st_mode)) {
		*ret_made = false;
		return 0;
	}
	r = make_room(u, name, &hidden, e);
	if (r == 0 && mkdirat(u->parent_fd, name, 0700) < 0)
		r = err_sys(e, errno, "cannot make it");
	if (r < 0)
		return r;
	*ret_made = true;
	*ret_hidden = hidden;
	return 0;
}

static int unpack_dir(struct unpack *u, struct archive_entry *entry, const char *name,
		      struct meta_entry *m, struct err *e)
{
	mode_t mode = (m->mode & 03777) | 0700;
	cleanup_free char *real = NULL;
	cleanup_close int fd = -1;
	bool made = false, hidden = false;
	int r = *name ? make_dir(u, name, &made, &hidden, e) : 0;

	if (r < 0)
		return r;
	fd = *name ? openat(u->parent_fd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
		   : fcntl(u->root, F_DUPFD_CLOEXEC, 0);
	real = *name ? unpack_real_path(u, name) : xstrdup("");
	if (fd < 0 || !real)
		return err_sys(e, errno, "cannot open it");
	r = take_xattrs(entry, fd, m, e);
	if (r < 0)
		return r;
	if (fchmod(fd, mode) < 0)
		return err_sys(e, errno, "cannot set its attributes");
	unpack_list_dir(u, real, made, mtime_of(entry));
	/* It may have been listed before, with a line that is no longer valid. */
	r = made ? end_meta(u, name, m, mode, e) : write_meta(u, name, m, e);
	return r == 0 && hidden ? unpack_opaque(u, fd, real, e) : r;
}

static int unpack_symlink(struct unpack *u, struct archive_entry *entry, const char *name,
			  struct meta_entry *m, struct err *e)
{
	struct timespec times[2] = {owner_mark_time(m), mtime_of(entry)};
	const char *target = la.archive_entry_symlink(entry);
	bool hidden;
	int r;

	if (!target || !*target)
		return err_set(e, EBADMSG, "it is a link to nowhere");
	if (symlinkat(target, u->parent_fd, name) < 0) {
		r = errno == EEXIST ? make_room(u, name, &hidden, e) : 0;
		if (r < 0)
			return r;
		if (symlinkat(target, u->parent_fd, name) < 0)
			return err_sys(e, errno, "cannot make it");
	}
	if (utimensat(u->parent_fd, name, times, AT_SYMLINK_NOFOLLOW) < 0)
		return err_sys(e, errno, "cannot set its time");
	r = take_xattrs(entry, -1, m, e);
	return r < 0 ? r : end_meta(u, name, m, m->mode, e);
}

/* The sidecar says what an empty file stands in for, and so does the file, to the box. */
static int unpack_special(struct unpack *u, struct archive_entry *entry, const char *name,
			  struct meta_entry *m, struct err *e)
{
	struct timespec times[2] = {owner_mark_time(m), mtime_of(entry)};
	bool fifo = m->type == 'p', hidden;
	mode_t mode;
	int r = make_room(u, name, &hidden, e);

	if (r < 0)
		return r;
	m->major = fifo ? 0 : (unsigned int)la.archive_entry_rdevmajor(entry);
	m->minor = fifo ? 0 : (unsigned int)la.archive_entry_rdevminor(entry);
	r = owner_mark_node(u->parent_fd, name, m, &mode, e);
	if (r < 0)
		return r;
	if (utimensat(u->parent_fd, name, times, AT_SYMLINK_NOFOLLOW) < 0)
		return err_sys(e, errno, "cannot set its time");
	r = take_xattrs(entry, -1, m, e);
	return r < 0 ? r : end_meta(u, name, m, mode, e);
}

static int unpack_kind(struct unpack *u, struct archive *a, struct archive_entry *entry,
		       const char *name, struct meta_entry *m, struct err *e)
{
	if (la.archive_entry_hardlink(entry))
		return unpack_hardlink(u, entry, name, e);
	switch (m->type) {
	case 'f':
		return unpack_file(u, a, entry, name, m, e);
	case 'd':
		return unpack_dir(u, entry, name, m, e);
	case 'l':
		return unpack_symlink(u, entry, name, m, e);
	default:
		return unpack_special(u, entry, name, m, e);
	}
}

static int unpack_mark(struct unpack *u, const char *name, struct err *e)
{
	cleanup_free char *real = NULL;
	cleanup_close int fd = -1;

	if (streq(name, WHITEOUT_OPAQUE)) {
		real = unpack_real_path(u, "");
		fd = openat(u->parent_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		if (fd < 0 || !real)
			return err_sys(e, errno, "cannot open its directory");
		if (ends_with(real, "/"))
			real[strlen(real) - 1] = '\0';
		return unpack_opaque(u, fd, real, e);
	}
	if (starts_with(name, WHITEOUT_META))
		return 0;
	return unpack_whiteout(u, name + strlen(WHITEOUT_PREFIX), e);
}

static int place_entry(struct unpack *u, struct archive *a, struct archive_entry *entry,
		       const char *path, struct err *e)
{
	struct meta_entry m = {0};
	char type = la.archive_entry_hardlink(entry) ? 'f'
						     : meta_type(la.archive_entry_filetype(entry));
	const char *name = "";
	int r;

	if (!type) /* a socket, which nobody could use */
		return 0;
	if (!*path && type != 'd')
		return err_set(e, EBADMSG, "the root is not a directory");
	if (unpack_in_mark(path, WHITEOUT_META)) {
		if (type != 'f' || !starts_with(path, UNPACK_PLINK "/"))
			return 0;
		u->has_plink = true;
	} else if (unpack_in_mark(path, WHITEOUT_PREFIX))
		return err_set(e, EBADMSG, "it lies in a whiteout");
	r = *path ? unpack_open_parent(u, path, &name, e) : 0;
	if (r == 0 && starts_with(name, WHITEOUT_PREFIX))
		return unpack_mark(u, name, e);
	if (r == 0)
		r = begin_meta(entry, type, &m, e);
	if (r == 0)
		r = unpack_kind(u, a, entry, name, &m, e);
	meta_entry_clear(&m);
	return r;
}

int unpack_entry(struct unpack *u, struct archive *a, struct archive_entry *entry, struct err *e)
{
	const char *raw = la.archive_entry_pathname(entry);
	cleanup_free char *path = NULL;
	char quoted[300];
	int r;

	if (++u->entries > u->limits->max_entries)
		return err_set(e, EFBIG,
			       "the layer has more than %llu entries: raise [images] max-entries "
			       "in sandbox.conf if you trust it",
			       (unsigned long long)u->limits->max_entries);
	r = unpack_clean_name(raw ? raw : "", &path, e);
	if (r < 0)
		return r;
	r = place_entry(u, a, entry, path, e);
	return r < 0 ? err_add(e, "entry '%s'", err_quote(quoted, sizeof(quoted), path)) : 0;
}

static bool in_plink(const char *path)
{
	size_t n = strlen(UNPACK_PLINK);

	return strncmp(path, UNPACK_PLINK, n) == 0 && (!path[n] || path[n] == '/');
}

static void finish_dir(const void *node, VISIT which, void *arg)
{
	const struct unpack_dir *d = *(struct unpack_dir *const *)node;
	struct timespec times[2] = {{.tv_nsec = UTIME_OMIT}, d->mtime};
	struct unpack *u = arg;
	cleanup_close int fd = -1;
	struct err ignored;

	if (which != preorder && which != leaf)
		return;
	if (!d->listed && !in_plink(d->path))
		strv_push(&u->notes->implicit, d->path);
	else if (path_open_nolinks(u->root, *d->path ? d->path : ".", O_RDONLY | O_DIRECTORY, 0,
				   &fd, &ignored) == 0)
		futimens(fd, times);
}

static int by_text(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

int unpack_finish(struct unpack *u, struct err *e)
{
	int r = finish_links(u, e);

	if (r == 0 && u->has_plink) {
		unpack_forget_parent(u);
		r = file_remove_tree(u->root, UNPACK_PLINK, e);
	}
	if (r < 0)
		return r;
	unpack_know_dir(u, "");
	twalk_r(u->dirs, finish_dir, u);
	/* A parent sorts before its content. */
	if (u->notes->implicit.n)
		qsort(u->notes->implicit.v, u->notes->implicit.n, sizeof(char *), by_text);
	if (fflush(u->meta) != 0)
		return err_sys(e, errno, "cannot write the layer's sidecar");
	return 0;
}
