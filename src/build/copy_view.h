/*
 * copy_view.h - the files of a tree that a step copies, in an order that depends on names alone.
 *
 * Descends by descriptors, and follows no symlink but those in the path of a source, which are
 * resolved beneath the tree's top. Another process may change the tree meanwhile.
 */
#ifndef BUILD_COPY_VIEW_H
#define BUILD_COPY_VIEW_H

#include <sys/stat.h>

#include "build/copy_request.h"
#include "image/document/meta.h"
#include "image/store/view.h"

#define COPY_DEPTH_MAX 1000 /* of directories: each has descriptors open */

struct copy_view {
	const struct copy_tree *tree;
	struct view view;
	struct meta **metas; /* of each layer; NULL: it has none */
};

int copy_view_open(const struct copy_tree *tree, struct copy_view *ret, struct err *e);
void copy_view_close(struct copy_view *v);
#define cleanup_copy_view __attribute__((cleanup(copy_view_close)))

/* Which files beneath a source are copied; paths are relative to it. */
struct copy_filter {
	const struct ignore *excludes; /* NULL: none */
	const struct ignore *includes; /* NULL: all */
	const char *prefix;	       /* of includes: what they begin with, without patterns */
};

struct copy_entry {
	const char *path; /* relative to the source; "" is the source itself */
	const char *real; /* relative to the top */
	struct stat st;	  /* of the file */
	/* What it is in the image (meta.h); major and minor of a device. */
	mode_t mode;
	uint32_t uid, gid;
	char type; /* as in the sidecar; 0: a socket */
	unsigned int major, minor;
	const struct meta_entry *meta; /* its line in the sidecar, or NULL */
	bool marked;		       /* its layer has no sidecar: marks on the file say it */
	/* It is openat(dir, name); no symlink may be followed. */
	int dir;
	const char *name;
	bool implied; /* a directory that is copied only for something in it */
};

/*
 * Its extended attributes but those that only mean something here. Nothing is appended on failure.
 */
int copy_entry_xattrs(const struct copy_entry *entry, int fd, struct meta_entry *out,
		      struct err *e);

/*
 * Calls each() for the file at `real`, and for what is beneath it, parents first. ret_ignored, if
 * not NULL: the line of .dockerignore that hides the file itself; then nothing may have been
 * visited.
 */
int copy_view_walk(const struct copy_view *v, const char *real, const struct copy_filter *filter,
		   int (*each)(void *ctx, const struct copy_entry *entry, struct err *e), void *ctx,
		   size_t *ret_ignored, struct err *e);

#endif
