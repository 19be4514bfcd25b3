/*
 * settle.c - adapts a layer that was unpacked alone to the layers below it.
 *
 *	1  implicit directories	take the attributes of the one below; where a symlink is below,
 *				their content moves to where the symlink leads
 *	2  hard links outward	get the file of the layer below
 *	3  useless marks	are removed: a directory that does not merge would list them
 *
 * Promises that lower layers are only read (a hard link only adds a name to their file).
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/limits.h>
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
#include "image/document/meta.h"
#include "image/layer/layer.h"
#include "image/layer/settle.h"
#include "image/layer/unpack.h"
#include "image/store/view.h"

/* Copies the sidecar's line of a file below to our file that replaces it. */
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

/* All but overlayfs's own marks. */
static int copy_xattrs(int from, int to, struct err *e)
{
	cleanup_free char *names = xcalloc(1, XATTR_LIST_MAX), *value = xcalloc(1, XATTR_SIZE_MAX);
	ssize_t len = flistxattr(from, names, XATTR_LIST_MAX);

	for (const char *n = names; n < names + (len > 0 ? len : 0); n += strlen(n) + 1) {
		ssize_t size = starts_with(n, "user.") && !starts_with(n, "user.overlay.")
				       ? fgetxattr(from, n, value, XATTR_SIZE_MAX)
				       : -1;

		if (size >= 0 && fsetxattr(to, n, value, (size_t)size, 0) < 0)
			return err_sys(e, errno, "cannot set the attribute '%s'", n);
	}
	return 0;
}

static int copy_attributes(int from, int to, const struct stat *st, struct err *e)
{
	struct timespec times[2] = {{.tv_nsec = UTIME_OMIT}, st->st_mtim};

	if (copy_xattrs(from, to, e) < 0)
		return -e->code;
	if (fchmod(to, st->st_mode & 07777) < 0 || futimens(to, times) < 0)
		return err_sys(e, errno, "cannot set attributes");
	return 0;
}

static int take_dir(struct settle *s, const char *path, size_t layer, const struct stat *st,
		    struct err *e)
{
	cleanup_close int from = -1, to = -1;
	int r = settle_open(s, path, &to, e);

	/* Another entry of ours replaced it. */
	if (r < 0)
		return settle_gone(r) ? 0 : r;
	r = path_open_nolinks(s->lower.layers[layer], *path ? path : ".", O_RDONLY | O_DIRECTORY, 0,
			      &from, e);
	if (r == 0)
		r = copy_attributes(from, to, st, e);
	return r < 0 ? r : copy_meta(s, layer, path, path, e);
}

/* The list grows meanwhile: moving makes directories that need attributes too. */
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
			r = settle_follow_link(s, path, layer, e);
	}
	return r;
}

static int copy_file(struct settle *s, size_t layer, const char *from, int dir, const char *name,
		     const struct stat *st, struct err *e)
{
	cleanup_close int in = -1, out = -1;
	ssize_t n;
	int r = path_open_nolinks(s->lower.layers[layer], from, O_RDONLY, 0, &in, e);

	if (r < 0)
		return r;
	out = openat(dir, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (out < 0)
		return err_sys(e, errno, "cannot make '%s'", name);
	while ((n = sendfile(out, in, NULL, 1u << 30)) > 0)
		;
	return n < 0 ? err_sys(e, errno, "cannot copy '%s'", from)
		     : copy_attributes(in, out, st, e);
}

/* The target's own name, with symlinks on its way followed as in the layers below. */
static int find_target(struct settle *s, const char *target, char **ret_real, size_t *ret_layer,
		       struct stat *ret_st, struct err *e)
{
	const char *base = path_basename(target);
	cleanup_free char *dir = xstrndup(target, (size_t)(base - target)), *real = NULL;
	struct stat st;
	size_t layer;
	cleanup_free char *path = NULL;
	int r = view_resolve(&s->lower, dir, &real, &layer, &st, e);

	if (r < 0)
		return r;
	path = *real ? path_join(real, base) : xstrdup(base);
	r = view_lookup(&s->lower, path, ret_layer, ret_st, e);
	if (r == 0)
		*ret_real = take_ptr(path);
	return r;
}

static int settle_link(struct settle *s, const char *link, const char *target, struct err *e)
{
	const char *name = path_basename(link);
	cleanup_free char *real = NULL;
	cleanup_close int dir = -1;
	struct timespec times[2];
	struct stat st;
	size_t layer;
	int r = settle_open_parent(s, link, &dir, e);

	/* Later entries of the layer may have replaced it or its directory. */
	if (r < 0)
		return settle_gone(r) ? 0 : r;
	settle_keep_time(dir, times);
	if (fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
	    (!is_whiteout(&st) || unlinkat(dir, name, 0) < 0))
		return 0;
	if (find_target(s, target, &real, &layer, &st, e) < 0 || S_ISDIR(st.st_mode))
		return err_set(e, EBADMSG, "'%s' is a hard link to '%s', which is not a file", link,
			       target);
	/* One inode in two layers: the overlay shows both names as one file, as it should. */
	if (linkat(s->lower.layers[layer], real, dir, name, 0) < 0) {
		if (!S_ISREG(st.st_mode))
			return err_sys(e, errno, "cannot make the hard link '%s'", link);
		r = copy_file(s, layer, real, dir, name, &st, e);
	}
	futimens(dir, times);
	return r < 0 ? r : copy_meta(s, layer, real, link, e);
}

static int settle_links(struct settle *s, struct err *e)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < s->notes.links.n; i++)
		r = settle_link(s, s->notes.links.v[i], s->notes.targets.v[i], e);
	return r;
}

/*
 * Directories first, because marks and links may be in one that moves; and again last, for their
 * times.
 */
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
	cleanup_free int *both = xcalloc(n + 1, sizeof(*both));
	int copy = dup(meta_fd), r;

	both[0] = dirfd;
	for (size_t i = 0; i < n; i++)
		both[i + 1] = lowers[i];
	s.both = (struct view){.layers = both, .n = n + 1};
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
