/*
 * unpack_link.c - hard links of a layer: to its own files now, to those of layers below later.
 *
 * All names of a file share what the sidecar says of it. A link to a link leads to where that one
 * leads, so that it does not matter that the first is not there yet.
 */
#include <errno.h>
#include <fcntl.h>
#include <search.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/path.h"
#include "image/layer/unpack.h"

struct link {
	char *path;   /* real */
	char *origin; /* real; as named when it is outward */
	bool outward; /* a file of the layers below */
};

static int compare(const void *a, const void *b)
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

void unpack_clear_links(struct unpack *u)
{
	tdestroy(u->links, free_link);
}

static const struct link *find_link(struct unpack *u, const char *path)
{
	struct link key = {.path = (char *)path}, **node = tfind(&key, &u->links, compare);

	return node ? *node : NULL;
}

/* From now on path leads to origin, or to where that leads itself. */
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
	node = tsearch(l, &u->links, compare);
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
	/* A whiteout here is no file, though it is there; nor is it one of the layers below. */
	if (is_whiteout(&want))
		return err_set(e, EBADMSG, "it is a hard link to what the layer removes");
	if (linkat(target_dir, target, u->parent_fd, name, 0) == 0)
		return 0;
	if (errno != EEXIST)
		return err_sys(e, errno, "cannot make the hard link");
	if (fstatat(u->parent_fd, name, &have, AT_SYMLINK_NOFOLLOW) == 0 &&
	    have.st_ino == want.st_ino && have.st_dev == want.st_dev)
		return 0;
	r = unpack_make_room(u, name, &hidden, e);
	if (r == 0 && linkat(target_dir, target, u->parent_fd, name, 0) < 0)
		r = errno == ENOENT ? -ENOENT : err_sys(e, errno, "cannot make the hard link");
	return r;
}

int unpack_hardlink(struct unpack *u, struct archive_entry *entry, const char *name, struct err *e)
{
	cleanup_free char *target = NULL, *dir = NULL, *real = NULL, *real_dir = NULL;
	cleanup_free char *origin = NULL;
	cleanup_close int target_dir = -1;
	const char *base;
	bool hidden;
	int r = unpack_clean_name(archive_entry_hardlink(entry), &target, e);

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
	r = unpack_make_room(u, name, &hidden, e);
	if (r == 0)
		note_link(u, real, origin && find_link(u, origin) ? origin : target, true);
	return r;
}

/* Both names are still the same file: a later entry may have taken one of them. */
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

int unpack_finish_links(struct unpack *u, struct err *e)
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
