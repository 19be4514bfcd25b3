/*
 * view.h - the merged view of a stack of unpacked layers, without a mount: overlayfs's rules for
 * whiteouts, opaque directories and merging, read-only.
 */
#ifndef IMAGE_STORE_VIEW_H
#define IMAGE_STORE_VIEW_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/stat.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/mem.h"

/* Is it a name that a layer removes: a character device 0/0? */
bool is_whiteout(const struct stat *st);

/*
 * Does a directory of a layer hide what is beneath it? Returns 1, 0 or -errno. One whose mode
 * prevents opening it does not count, since nothing in it is visible either.
 */
int view_is_opaque(int layer, const char *path, struct err *e);

struct view {
	const int *layers; /* O_PATH directories, top first; the caller's */
	size_t n;
};

/*
 * Finds path (relative or absolute, following no symlink in any component): *ret_layer is the layer
 * that shows it, *ret_st its status. -ENOENT if it does not exist or is hidden; -ENOTDIR.
 */
int view_lookup(const struct view *v, const char *path, size_t *ret_layer, struct stat *ret_st,
		struct err *e);

/*
 * The same, following symlinks as inside the box ("/" is the view's root), at most 40; *ret_path is
 * the resolved path, relative to the root.
 */
int view_resolve(const struct view *v, const char *path, char **ret_path, size_t *ret_layer,
		 struct stat *ret_st, struct err *e);

/*
 * The path, relative to the root, that a new file of this name would have: symlinks are followed,
 * and components that do not exist are taken as they are.
 */
int view_place(const struct view *v, const char *path, char **ret_path, struct err *e);

/*
 * Appends a small regular file, following symlinks; never blocks on a FIFO, refuses more than max
 * bytes.
 */
int view_read(const struct view *v, const char *path, size_t max, struct buf *out, struct err *e);

/* The names in a directory of the view, sorted bytewise, without "." and "..". */
int view_list(const struct view *v, const char *path, struct strv *out, struct err *e);

#endif
