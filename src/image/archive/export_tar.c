/*
 * export_tar.c - the files of an image as one tar: the merged view of its layers (view.h), with
 * owners, devices and capabilities from their sidecars (meta.h).
 *
 * Memory holds the sidecars and the files with several links, but no content.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "base/capability.h"
#include "base/cleanup.h"
#include "base/owner.h"
#include "base/path.h"
#include "image/archive/export_tree.h"
#include "image/load.h"

void tree_clear(struct tree *t)
{
	for (size_t i = 0; i < t->view.n; i++) {
		close_fd(&t->fds[i]);
		meta_free(t->metas[i]);
	}
	meta_free(t->metas[t->view.n]);
	first_names_free(&t->linked);
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

int tree_open_stack(struct tree *t, const struct image_store *store, const struct digest *diff_ids,
		    size_t n, struct err *e)
{
	struct digest chain = {0};
	int r = 0;

	for (size_t i = 0; i < n; i++)
		t->fds[i] = -1;
	t->view = (struct view){.layers = t->fds, .n = n};
	for (size_t i = 0; r == 0 && i < n; i++) {
		struct digest below = chain;

		layer_chain_id(&below, &diff_ids[i], &chain);
		r = open_layer(t, store, &chain, n - 1 - i, e);
	}
	return r;
}

int tree_open_layers(struct tree *t, const struct image_store *store, const struct digest *manifest,
		     struct err *e)
{
	cleanup_manifest struct manifest m = {0};
	cleanup_config struct image_config c = {0};
	int r = image_load(store, manifest, &m, &c, e);

	return r < 0 ? r : tree_open_stack(t, store, c.diff_ids, c.n_layers, e);
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

/* Applies what the sidecar knows better than the file. */
static void apply_meta(const struct tree *t, size_t layer, const char *path,
		       struct archive_entry *entry)
{
	const struct meta_entry *m = meta_find(t->metas[layer], path);

	if (!m)
		return;
	la.archive_entry_set_uid(entry, m->uid);
	la.archive_entry_set_gid(entry, m->gid);
	la.archive_entry_set_perm(entry, m->mode);
	if (m->type != 'f' || la.archive_entry_filetype(entry) == AE_IFREG)
		la.archive_entry_set_filetype(entry, type_bits(m->type));
	if (m->type == 'b' || m->type == 'c') {
		la.archive_entry_set_rdevmajor(entry, m->major);
		la.archive_entry_set_rdevminor(entry, m->minor);
	}
	for (size_t i = 0; i < m->xattr_names.n; i++)
		la.archive_entry_xattr_add_entry(entry, m->xattr_names.v[i],
						 m->xattr_values[i].data, m->xattr_values[i].len);
}

/* What root of a box set, as the archive says it. exact: owner_mode(). */
static void apply_owner(const struct owner *owner, bool exact, struct archive_entry *entry)
{
	mode_t mode = la.archive_entry_perm(entry) & ~(mode_t)(S_ISUID | S_ISGID);

	la.archive_entry_set_uid(entry, owner->uid);
	la.archive_entry_set_gid(entry, owner->gid);
	if (la.archive_entry_filetype(entry) != AE_IFREG)
		return;
	if (owner->has_bits)
		la.archive_entry_set_perm(entry, owner_mode(mode, owner, exact));
	if (owner->device) {
		la.archive_entry_set_filetype(entry, type_bits(owner->device));
		la.archive_entry_set_rdevmajor(entry, owner->major);
		la.archive_entry_set_rdevminor(entry, owner->minor);
	}
}

static void add_user_xattrs(int fd, bool exact, struct archive_entry *entry)
{
	char names[4096], value[65536];
	ssize_t len = fd < 0 ? 0 : flistxattr(fd, names, sizeof(names));
	struct owner owner;

	for (const char *n = names; n < names + len; n += strlen(n) + 1) {
		bool ours = starts_with(n, "user.") && !starts_with(n, "user.overlay.") &&
			    !streq(n, CAPABILITY_MARK);
		ssize_t size = ours || streq(n, CAPABILITY_XATTR)
				       ? fgetxattr(fd, n, value, sizeof(value))
				       : -1;

		if (size >= 0 && !streq(n, OWNER_XATTR)) {
			la.archive_entry_xattr_add_entry(entry, n, value,
							 meta_capability(n, value, (size_t)size));
		} else if (size >= 0 && owner_parse(value, (size_t)size, &owner)) {
			apply_owner(&owner, exact, entry);
		}
	}
}

/* What a box copied of an image, or a build's program set. */
static void add_capability(int fd, struct archive_entry *entry)
{
	struct capability c;

	if (fd >= 0 && fgetxattr(fd, CAPABILITY_XATTR, NULL, 0) < 0 && capability_read(fd, &c))
		la.archive_entry_xattr_add_entry(entry, CAPABILITY_XATTR, c.value, c.len);
}

static int write_content(struct tree *t, int fd, const char *path, struct err *e)
{
	ssize_t n;

	while ((n = read(fd, t->buffer, TREE_BUFFER)) > 0)
		if (la.archive_write_data(t->archive, t->buffer, (size_t)n) != n)
			return export_failed(t->archive, e);
	return n < 0 ? err_sys(e, errno, "cannot read '%s'", path) : 0;
}

static void apply_rules(const struct upper_rules *rules, const struct stat *st,
			struct archive_entry *entry)
{
	la.archive_entry_set_uid(entry, rules->uid);
	la.archive_entry_set_gid(entry, rules->gid);
	if (rules->latest >= 0 && st->st_mtime >= rules->latest)
		la.archive_entry_set_mtime(entry, rules->latest, 0);
}

static int fill_entry(struct tree *t, size_t layer, const char *path, const struct stat *st,
		      struct archive_entry *entry, struct err *e)
{
	char target[PATH_MAX];
	ssize_t n;

	la.archive_entry_copy_stat(entry, st);
	la.archive_entry_set_uid(entry, 0);
	la.archive_entry_set_gid(entry, 0);
	la.archive_entry_unset_atime(entry);
	la.archive_entry_unset_ctime(entry);
	la.archive_entry_unset_birthtime(entry);
	la.archive_entry_set_pathname(entry, *path ? path : "./");
	if (S_ISLNK(st->st_mode)) {
		n = readlinkat(t->fds[layer], path, target, sizeof(target) - 1);
		if (n < 0)
			return err_sys(e, errno, "cannot read the symlink '%s'", path);
		target[n] = '\0';
		la.archive_entry_set_symlink(entry, target);
	}
	if (layer == t->view.n && t->rules)
		apply_rules(t->rules, st, entry);
	if (layer == t->view.n && !t->metas[layer])
		tree_keep_owner(t, path, st, entry);
	else
		apply_meta(t, layer, path, entry);
	return 0;
}

int tree_write_entry(struct tree *t, size_t layer, const char *path, const struct stat *st,
		     struct err *e)
{
	struct archive_entry *entry = la.archive_entry_new();
	const char *before = first_names_of(&t->linked, st, path);
	cleanup_close int fd = -1;
	struct owner owner;
	bool regular;
	int r = fill_entry(t, layer, path, st, entry, e);

	regular = la.archive_entry_filetype(entry) == AE_IFREG && S_ISREG(st->st_mode);
	if (r == 0 && (regular || S_ISDIR(st->st_mode)))
		r = path_open_nolinks(t->fds[layer], *path ? path : ".", O_RDONLY, 0, &fd, e);
	if (r == 0)
		add_user_xattrs(fd, layer < t->view.n || t->rules, entry);
	if (r == 0 && !t->metas[layer])
		add_capability(fd, entry);
	regular &= la.archive_entry_filetype(entry) == AE_IFREG;
	/* Where an upper has no sidecar, a symlink's owner is in its time. */
	if (layer == t->view.n && !S_ISREG(st->st_mode) && !S_ISDIR(st->st_mode) &&
	    owner_from_time(&st->st_atim, &owner)) {
		la.archive_entry_set_uid(entry, owner.uid);
		la.archive_entry_set_gid(entry, owner.gid);
	}
	if (before)
		la.archive_entry_set_hardlink(entry, before);
	if (!regular || before)
		la.archive_entry_set_size(entry, 0);
	if (r == 0 && la.archive_write_header(t->archive, entry) < ARCHIVE_WARN)
		r = export_failed(t->archive, e);
	la.archive_entry_free(entry);
	return r == 0 && regular && !before ? write_content(t, fd, path, e) : r;
}

/* Depth is limited by the length of a path. */
static int write_tree(struct tree *t, const char *path, struct err *e)
{
	cleanup_strv struct strv names = {0};
	struct stat st;
	size_t layer;
	int r = view_lookup(&t->view, path, &layer, &st, e);

	if (r == 0)
		r = tree_write_entry(t, layer, path, &st, e);
	if (r < 0 || !S_ISDIR(st.st_mode))
		return r;
	r = view_list(&t->view, path, &names, e);
	for (size_t i = 0; r == 0 && i < names.n; i++) {
		cleanup_free char *sub = *path ? path_join(path, names.v[i]) : xstrdup(names.v[i]);

		r = write_tree(t, sub, e);
	}
	return r;
}

int export_tree(const struct image_store *s, const struct digest *manifest, struct archive *a,
		struct err *e)
{
	cleanup_tree struct tree t = TREE_INIT(a);
	int r = tree_open_layers(&t, s, manifest, e);

	/* An image without layers has no files. */
	return r < 0 || !t.view.n ? r : write_tree(&t, "", e);
}
