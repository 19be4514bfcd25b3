/*
 * export_upper.c - the upper directory of a box's overlay as a layer's tar on top of its image.
 *
 * Overlayfs marks become whiteouts. Refuses names that are whiteouts themselves.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "base/capability.h"
#include "base/cleanup.h"
#include "base/dir.h"
#include "base/path.h"
#include "image/archive/export_tree.h"

static bool is_opaque(const struct tree *t, const char *path)
{
	cleanup_close int fd = -1;
	struct err ignored;
	char value;

	return path_open_nolinks(t->fds[t->view.n], *path ? path : ".", O_RDONLY | O_DIRECTORY, 0,
				 &fd, &ignored) == 0 &&
	       fgetxattr(fd, "user.overlay.opaque", &value, 1) == 1 && value == 'y';
}

/* Is it a copy of a file below, and not a new file of that name? overlayfs marks copies. */
static bool is_copy(const struct tree *t, const char *path, const struct stat *st)
{
	cleanup_close int fd = -1;
	struct err ignored;

	if (S_ISDIR(st->st_mode))
		return !is_opaque(t, path);
	return path_open_nolinks(t->fds[t->view.n], path, O_RDONLY | O_NONBLOCK, 0, &fd,
				 &ignored) == 0 &&
	       fgetxattr(fd, "user.overlay.origin", NULL, 0) >= 0;
}

/* Then its copy, too, says itself whether it still has them. */
static bool has_mark(const struct tree *t, size_t layer, const char *path)
{
	cleanup_close int fd = -1;
	struct err ignored;

	return path_open_nolinks(t->fds[layer], path, O_RDONLY | O_NONBLOCK, 0, &fd, &ignored) ==
		       0 &&
	       fgetxattr(fd, CAPABILITY_MARK, NULL, 0) >= 0;
}

/* A layer that an older program made: it stays with what was not written to. */
static void keep_capability(const struct meta_entry *m, const struct stat *below,
			    const struct stat *st, struct archive_entry *entry)
{
	for (size_t i = 0; i < m->xattr_names.n; i++)
		if (streq(m->xattr_names.v[i], CAPABILITY_XATTR) &&
		    st->st_mtim.tv_sec == below->st_mtim.tv_sec &&
		    st->st_mtim.tv_nsec == below->st_mtim.tv_nsec)
			la.archive_entry_xattr_add_entry(entry, m->xattr_names.v[i],
							 m->xattr_values[i].data,
							 m->xattr_values[i].len);
}

/*
 * A copied-up file gets the owner that the image gave it, which a single uid cannot store; the
 * set-id bits too, unless the mode was changed.
 */
void tree_keep_owner(const struct tree *t, const char *path, const struct stat *st,
		     struct archive_entry *entry)
{
	const struct meta_entry *m;
	struct stat below;
	struct err ignored;
	size_t layer;

	if (view_lookup(&t->view, path, &layer, &below, &ignored) < 0 ||
	    (below.st_mode & S_IFMT) != (st->st_mode & S_IFMT) || !is_copy(t, path, st))
		return;
	m = meta_find(t->metas[layer], path);
	if (!m) {
		la.archive_entry_set_uid(entry, 0);
		la.archive_entry_set_gid(entry, 0);
		return;
	}
	la.archive_entry_set_uid(entry, m->uid);
	la.archive_entry_set_gid(entry, m->gid);
	if ((below.st_mode & 07777) == (st->st_mode & 07777))
		la.archive_entry_set_perm(entry, m->mode);
	if (S_ISREG(st->st_mode) && m->xattr_names.n && !has_mark(t, layer, path))
		keep_capability(m, &below, st, entry);
}

/* A name with a meaning for the layers below (image-spec, layer.md, "Whiteouts"). */
static int write_mark(struct tree *t, const char *dir, const char *name, struct err *e)
{
	cleanup_free char *mark = xasprintf(".wh.%s", name);
	cleanup_free char *path = *dir ? path_join(dir, mark) : xstrdup(mark);

	return export_text(t->archive, path, "", 0, e);
}

/* The upper's own names, whiteouts too, in an order that does not depend on the disk. */
static int list_upper(const struct tree *t, const char *path, struct strv *out, struct err *e)
{
	int fd, r = path_open_nolinks(t->fds[t->view.n], *path ? path : ".", O_RDONLY | O_DIRECTORY,
				      0, &fd, e);

	return r < 0 ? r : dir_take_names(&fd, path, out, e);
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
	if (starts_with(name, ".wh."))
		return err_set(e, ENOTSUP,
			       "'%s' would remove another file: no layer can hold this name", path);
	/* A socket is useless without its process. */
	return S_ISSOCK(st.st_mode) ? 0 : write_upper(t, path, e);
}

/* A readable entry with everything beneath it. */
static int write_readable(struct tree *t, const char *path, const struct stat *st, struct err *e)
{
	cleanup_strv struct strv names = {0};
	int r = *path ? tree_write_entry(t, t->view.n, path, st, e) : 0;

	if (r < 0 || !S_ISDIR(st->st_mode))
		return r;
	if (is_opaque(t, path))
		r = write_mark(t, path, ".wh..opq", e);
	if (r == 0)
		r = list_upper(t, path, &names, e);
	for (size_t i = 0; r == 0 && i < names.n; i++)
		r = write_name(t, path, names.v[i], e);
	return r;
}

static int set_mode(const struct tree *t, const char *path, mode_t mode, struct err *e)
{
	cleanup_close int fd = -1;
	char link[64];
	int r = path_open_nolinks(t->fds[t->view.n], path, O_PATH, 0, &fd, e);

	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	if (r == 0 && chmod(link, mode & 07777) < 0)
		r = err_sys(e, errno, "cannot read '%s'", path);
	return r;
}

/* Root in a box can read what shuts its owner out, so we open it for a moment. */
static int write_upper(struct tree *t, const char *path, struct err *e)
{
	mode_t needed, shut;
	struct stat st;
	int r = 0;

	if (fstatat(t->fds[t->view.n], *path ? path : ".", &st, AT_SYMLINK_NOFOLLOW) < 0)
		return err_sys(e, errno, "cannot look at '%s'", path);
	needed = S_ISDIR(st.st_mode) ? 0500 : S_ISREG(st.st_mode) ? 0400 : 0;
	shut = needed & ~st.st_mode;
	if (shut && *path)
		r = set_mode(t, path, st.st_mode | needed, e);
	if (r == 0)
		r = write_readable(t, path, &st, e);
	if (shut && *path) {
		struct err ignored;

		set_mode(t, path, st.st_mode, &ignored);
	}
	return r;
}

int export_upper_on(const struct image_store *s, const struct digest *diff_ids, size_t n, int upper,
		    const struct upper_rules *rules, struct archive *a, struct err *e)
{
	cleanup_tree struct tree t = TREE_INIT(a);
	int r = tree_open_stack(&t, s, diff_ids, n, e);

	t.fds[t.view.n] = upper;
	t.rules = rules;
	if (r == 0 && rules->meta_fd >= 0)
		r = meta_load(rules->meta_fd, "the layer's sidecar", &t.metas[n], e);
	return r < 0 ? r : write_upper(&t, "", e);
}

int export_upper(const struct image_store *s, const struct digest *base, int upper,
		 struct archive *a, struct err *e)
{
	cleanup_tree struct tree t = TREE_INIT(a);
	int r = tree_open_layers(&t, s, base, e);

	t.fds[t.view.n] = upper;
	return r < 0 ? r : write_upper(&t, "", e);
}
