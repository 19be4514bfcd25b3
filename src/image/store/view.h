/*
 * view.h - what a stack of unpacked layers shows, without a mount: overlayfs' rules for whiteouts,
 * opaque directories and merging, read-only.
 */
#ifndef IMAGE_STORE_VIEW_H
#define IMAGE_STORE_VIEW_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/stat.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/mem.h"

/* A name that a layer removes: a character device 0/0. */
bool is_whiteout(const struct stat *st);

/* Is a directory of a layer one that hides what lies beneath it? Returns 1, 0 or -errno; one that cannot be opened by
 * its mode is not, for nothing of it is shown either. */
int view_is_opaque(int layer, const char *path, struct err *e);

struct view {
	const int *layers; /* O_PATH directories, top first; the caller's */
	size_t n;
};

/*
 * Finds path (relative or absolute, no links followed in any component): *ret_layer is the layer
 * that shows it, *ret_st what it is. -ENOENT when there is none, or it is hidden; -ENOTDIR.
 */
int view_lookup(const struct view *v, const char *path, size_t *ret_layer, struct stat *ret_st,
		struct err *e);

/* The same with links followed as inside the box ("/" is the view's root), at most 40 of them;
 * *ret_path is where they lead, relative to the root. */
int view_resolve(const struct view *v, const char *path, char **ret_path, size_t *ret_layer,
		 struct stat *ret_st, struct err *e);

/* Appends a small regular file, links followed; never waits for a FIFO, refuses more than max. */
int view_read(const struct view *v, const char *path, size_t max, struct buf *out, struct err *e);

/* The names in a directory of the view, sorted bytewise, "." and ".." left out. */
int view_list(const struct view *v, const char *path, struct strv *ret_names, struct err *e);

#endif
