/*
 * export_tar.c - the files of an image as one tar: what the layers show together (view.h), with what
 * their sidecars know of owners, devices and capabilities (meta.h); and the upper folder of a box as a
 * layer's tar upon an image.
 *
 * Memory holds the sidecars and the files with several names, nothing of their content.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <search.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/path.h"
#include "image/export_write.h"
#include "image/install.h"
#include "image/meta.h"
#include "image/view.h"

#define COPY_BYTES (1u << 20)

struct tree {
	struct archive *archive;
	int fds[MANIFEST_MAX_LAYERS + 1]; /* top first; behind them the upper, if it is about one */
	struct meta *metas[MANIFEST_MAX_LAYERS + 1];
	struct view view; /* the image's */
	void *linked;	  /* tsearch(3) of struct inode: files with several names */
	char *buffer;
};

struct inode {
	dev_t dev;
	ino_t ino;
	char *path; /* the first name it was written under */
};

static int compare_inodes(const void *a, const void *b)
{
	const struct inode *x = a, *y = b;

	if (x->dev != y->dev)
		return x->dev < y->dev ? -1 : 1;
	return x->ino < y->ino ? -1 : x->ino > y->ino;
}

static void free_inode(void *p)
{
	struct inode *i = p;

	free(i->path);
	free(i);
}

static void tree_clear(struct tree *t)
{
	for (size_t i = 0; i < t->view.n; i++) {
		close_fd(&t->fds[i]);
		meta_free(t->metas[i]);
	}
	tdestroy(t->linked, free_inode);
	free(t->buffer);
}

static int open_layer(struct tree *t, const struct image_store *s, const struct digest *chain,
		      size_t at, struct err *e)
{
	cleanup_free char *path = layer_find(s, chain), *meta = NULL;
	cleanup_close int fd = -1;

	if (!path)
		return err_set(e, ENOENT, "its layers are not unpacked: 'sandbox pull' it first");
	t->fds[at] = openat(s->fd, path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (t->fds[at] < 0)
		return err_sys(e, errno, "cannot open the layer '%s'", path);
	meta = xasprintf("%s.meta", path);
	fd = openat(s->fd, meta, O_RDONLY | O_CLOEXEC);
	return fd < 0 ? err_sys(e, errno, "cannot open '%s'", meta)
		      : meta_load(fd, meta, &t->metas[at], e);
}

static int open_layers(struct tree *t, const struct image_store *store,
		       const struct digest *manifest, struct err *e)
{
	cleanup_manifest struct manifest m = {0};
	cleanup_config struct image_config c = {0};
	struct digest chain = {0};
	int r = image_load(store, manifest, &m, &c, e);

	if (r < 0)
		return r;
	for (size_t i = 0; i < c.n_layers; i++)
		t->fds[i] = -1;
	t->view = (struct view){.layers = t->fds, .n = c.n_layers};
	for (size_t i = 0; r == 0 && i < c.n_layers; i++) {
		struct digest below = chain;

		layer_chain_id(&below, &c.diff_ids[i], &chain);
		r = open_layer(t, store, &chain, c.n_layers - 1 - i, e);
	}
	return r;
}

static mode_t type_bits(char letter)
{
	switch (letter) {
	case 'd':
		return AE_IFDIR;
	case 'l':
		return AE_IFLNK;
	case 'b':
		return AE_IFBLK;
	case 'c':
		return AE_IFCHR;
	case 'p':
		return AE_IFIFO;
	default:
		return AE_IFREG;
	}
}

/* What the sidecar knows better than the file. */
static void apply_meta(const struct tree *t, size_t layer, const char *path,
		       struct archive_entry *entry)
{
	const struct meta_entry *m = meta_find(t->metas[layer], path);

	if (!m)
		return;
	archive_entry_set_uid(entry, m->uid);
	archive_entry_set_gid(entry, m->gid);
	archive_entry_set_perm(entry, m->mode);
	if (m->type != 'f' || archive_entry_filetype(entry) == AE_IFREG)
		archive_entry_set_filetype(entry, type_bits(m->type));
	if (m->type == 'b' || m->type == 'c') {
		archive_entry_set_rdevmajor(entry, m->major);
		archive_entry_set_rdevminor(entry, m->minor);
	}
	for (size_t i = 0; i < m->xattr_names.n; i++)
		archive_entry_xattr_add_entry(entry, m->xattr_names.v[i], m->xattr_values[i].data,
					      m->xattr_values[i].len);
}

/*
 * What a box copied up still has the owner that its image gave it: one uid cannot keep it. The set-id
 * bits too, unless somebody has changed the mode.
 */
static void keep_owner(const struct tree *t, const char *path, const struct stat *st,
		       struct archive_entry *entry)
{
	const struct meta_entry *m;
	struct stat below;
	struct err ignored;
	size_t layer;

	if (view_lookup(&t->view, path, &layer, &below, &ignored) < 0 ||
	    (below.st_mode & S_IFMT) != (st->st_mode & S_IFMT))
		return;
	m = meta_find(t->metas[layer], path);
	if (!m)
		return;
	archive_entry_set_uid(entry, m->uid);
	archive_entry_set_gid(entry, m->gid);
	if ((below.st_mode & 07777) == (st->st_mode & 07777))
		archive_entry_set_perm(entry, m->mode);
}

static void add_user_xattrs(int fd, struct archive_entry *entry)
{
	char names[4096], value[65536];
	ssize_t len = fd < 0 ? 0 : flistxattr(fd, names, sizeof(names));

	for (const char *n = names; n < names + len; n += strlen(n) + 1) {
		ssize_t size = starts_with(n, "user.") && !starts_with(n, "user.overlay.")
				       ? fgetxattr(fd, n, value, sizeof(value))
				       : -1;

		if (size >= 0)
			archive_entry_xattr_add_entry(entry, n, value, (size_t)size);
	}
}

/* The name a file was written under before, or NULL; it is noted now. */
static const char *linked_before(struct tree *t, const struct stat *st, const char *path)
{
	struct inode *i, **found;

	if (st->st_nlink < 2 || S_ISDIR(st->st_mode))
		return NULL;
	i = xcalloc(1, sizeof(*i));
	*i = (struct inode){.dev = st->st_dev, .ino = st->st_ino, .path = xstrdup(path)};
	found = tsearch(i, &t->linked, compare_inodes);
	if (*found == i)
		return NULL;
	free_inode(i);
	return (*found)->path;
}

static int write_content(struct tree *t, int fd, const char *path, struct err *e)
{
	ssize_t n;

	while ((n = read(fd, t->buffer, COPY_BYTES)) > 0)
		if (archive_write_data(t->archive, t->buffer, (size_t)n) != n)
			return export_failed(t->archive, e);
	return n < 0 ? err_sys(e, errno, "cannot read '%s'", path) : 0;
}

static int fill_entry(struct tree *t, size_t layer, const char *path, const struct stat *st,
		      struct archive_entry *entry, struct err *e)
{
	char target[PATH_MAX];
	ssize_t n;

	archive_entry_copy_stat(entry, st);
	archive_entry_set_uid(entry, 0);
	archive_entry_set_gid(entry, 0);
	archive_entry_unset_atime(entry);
	archive_entry_unset_ctime(entry);
	archive_entry_unset_birthtime(entry);
	archive_entry_set_pathname(entry, *path ? path : "./");
	if (S_ISLNK(st->st_mode)) {
		n = readlinkat(t->fds[layer], path, target, sizeof(target) - 1);
		if (n < 0)
			return err_sys(e, errno, "cannot read the link '%s'", path);
		target[n] = '\0';
		archive_entry_set_symlink(entry, target);
	}
	if (layer == t->view.n)
		keep_owner(t, path, st, entry);
	else
		apply_meta(t, layer, path, entry);
	return 0;
}

static int write_entry(struct tree *t, size_t layer, const char *path, const struct stat *st,
		       struct err *e)
{
	struct archive_entry *entry = archive_entry_new();
	const char *before = linked_before(t, st, path);
	cleanup_close int fd = -1;
	bool regular;
	int r = fill_entry(t, layer, path, st, entry, e);

	regular = archive_entry_filetype(entry) == AE_IFREG && S_ISREG(st->st_mode);
	if (r == 0 && (regular || S_ISDIR(st->st_mode)))
		r = path_open_nolinks(t->fds[layer], *path ? path : ".", O_RDONLY, 0, &fd, e);
	if (r == 0)
		add_user_xattrs(fd, entry);
	if (before)
		archive_entry_set_hardlink(entry, before);
	if (!regular || before)
		archive_entry_set_size(entry, 0);
	if (r == 0 && archive_write_header(t->archive, entry) < ARCHIVE_WARN)
		r = export_failed(t->archive, e);
	archive_entry_free(entry);
	return r == 0 && regular && !before ? write_content(t, fd, path, e) : r;
}

/* Depth is bounded by the length of a path. */
static int write_tree(struct tree *t, const char *path, struct err *e)
{
	cleanup_strv struct strv names = {0};
	struct stat st;
	size_t layer;
	int r = view_lookup(&t->view, path, &layer, &st, e);

	if (r == 0)
		r = write_entry(t, layer, path, &st, e);
	if (r < 0 || !S_ISDIR(st.st_mode))
		return r;
	r = view_list(&t->view, path, &names, e);
	for (size_t i = 0; r == 0 && i < names.n; i++) {
		cleanup_free char *sub = *path ? path_join(path, names.v[i]) : xstrdup(names.v[i]);

		r = write_tree(t, sub, e);
	}
	return r;
}

int export_tree(const struct export_request *req, struct archive *a, struct err *e)
{
	__attribute__((cleanup(tree_clear))) struct tree t = {.archive = a,
							      .buffer = xcalloc(1, COPY_BYTES)};
	int r = open_layers(&t, req->store, &req->ref.manifest, e);

	/* An image may have no layer: then there is no file. */
	return r < 0 || !t.view.n ? r : write_tree(&t, "", e);
}

/* A name that says something of the layers below (image-spec, layer.md, "Whiteouts"). */
static int write_mark(struct tree *t, const char *dir, const char *name, struct err *e)
{
	cleanup_free char *mark = xasprintf(".wh.%s", name);
	cleanup_free char *path = *dir ? path_join(dir, mark) : xstrdup(mark);

	return export_text(t->archive, path, "", 0, e);
}

static bool is_opaque(const struct tree *t, const char *path)
{
	cleanup_close int fd = -1;
	struct err ignored;
	char value;

	return path_open_nolinks(t->fds[t->view.n], *path ? path : ".", O_RDONLY | O_DIRECTORY, 0,
				 &fd, &ignored) == 0 &&
	       fgetxattr(fd, "user.overlay.opaque", &value, 1) == 1 && value == 'y';
}

static int by_text(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* What the upper holds itself, whiteouts too, in an order that does not depend on the disk. */
static int list_upper(const struct tree *t, const char *path, struct strv *out, struct err *e)
{
	cleanup_closedir DIR *d = NULL;
	struct dirent *de;
	int fd, r = path_open_nolinks(t->fds[t->view.n], *path ? path : ".", O_RDONLY | O_DIRECTORY,
				      0, &fd, e);

	if (r < 0)
		return r;
	d = fdopendir(fd);
	if (!d) {
		close(fd);
		return err_sys(e, errno, "cannot list '%s'", path);
	}
	while ((de = readdir(d)))
		if (!streq(de->d_name, ".") && !streq(de->d_name, ".."))
			strv_push(out, de->d_name);
	if (out->n)
		qsort(out->v, out->n, sizeof(char *), by_text);
	return 0;
}

static int write_upper(struct tree *t, const char *path, struct err *e);

static int write_name(struct tree *t, const char *dir, const char *name, struct err *e)
{
	cleanup_free char *path = *dir ? path_join(dir, name) : xstrdup(name);
	struct stat st;

	if (fstatat(t->fds[t->view.n], path, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return err_sys(e, errno, "cannot look at '%s'", path);
	if (is_whiteout(&st))
		return write_mark(t, dir, name, e);
	/* A socket is nothing without its process. */
	return S_ISSOCK(st.st_mode) ? 0 : write_upper(t, path, e);
}

/* An entry, with all beneath it. */
static int write_upper(struct tree *t, const char *path, struct err *e)
{
	cleanup_strv struct strv names = {0};
	struct stat st;
	int r = 0;

	if (fstatat(t->fds[t->view.n], *path ? path : ".", &st, AT_SYMLINK_NOFOLLOW) < 0)
		return err_sys(e, errno, "cannot look at '%s'", path);
	if (*path)
		r = write_entry(t, t->view.n, path, &st, e);
	if (r < 0 || !S_ISDIR(st.st_mode))
		return r;
	if (is_opaque(t, path))
		r = write_mark(t, path, ".wh..opq", e);
	if (r == 0)
		r = list_upper(t, path, &names, e);
	for (size_t i = 0; r == 0 && i < names.n; i++)
		r = write_name(t, path, names.v[i], e);
	return r;
}

int export_upper(const struct image_store *s, const struct digest *base, int upper,
		 struct archive *a, struct err *e)
{
	__attribute__((cleanup(tree_clear))) struct tree t = {.archive = a,
							      .buffer = xcalloc(1, COPY_BYTES)};
	int r = open_layers(&t, s, base, e);

	t.fds[t.view.n] = upper;
	return r < 0 ? r : write_upper(&t, "", e);
}
