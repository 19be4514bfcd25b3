/*
 * unpack_place.h - where the entries of a layer's tar stream go. For unpack.c.
 */
#ifndef IMAGE_LAYER_UNPACK_PLACE_H
#define IMAGE_LAYER_UNPACK_PLACE_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <time.h>

#include "base/err.h"
#include "image/layer/layer_notes.h"

/*
 * The directory where aufs kept files with several links. Old images have hard links to names in
 * it, but not the directory itself.
 */
#define UNPACK_PLINK ".wh..wh.plnk"

/* A directory of the layer: listed by an entry, or created because something is in it. */
struct unpack_dir {
	char *path; /* real path, without symlinks; "" is the root */
	bool listed;
	uint64_t made; /* increases; if older than its parent's it is stale */
	struct timespec mtime;
};

struct unpack {
	int root;
	FILE *meta;
	const struct layer_limits *limits;
	struct layer_notes *notes;
	uint64_t entries, bytes;
	uint64_t dirs_made;
	void *dirs;	/* tsearch(3) tree of struct unpack_dir by path */
	void *links;	/* and of hard links, see unpack.c */
	bool rewritten; /* an entry replaced another: its sidecar lines must be overridden */
	bool has_plink; /* UNPACK_PLINK exists, until the end */

	/* The directory of the previous entry: most entries are in the same one. */
	char *parent;	   /* as named; NULL: none */
	char *parent_real; /* its real path, or NULL: not determined yet */
	int parent_fd;
};

/*
 * The name of an entry without ".", "..", double and outer slashes; "" is the root. EBADMSG if it
 * leads out, is too long, or empty. The caller frees it.
 */
int unpack_clean_name(const char *raw, char **ret, struct err *e);

/* Makes u->parent_fd the directory that contains path; *ret_name points to the last component. */
int unpack_open_parent(struct unpack *u, const char *path, const char **ret_name, struct err *e);

/* The real path of name in the current parent; the caller frees it. NULL if unknown. */
char *unpack_real_path(struct unpack *u, const char *name);

/* The same for an open directory. */
char *unpack_real_dir(const struct unpack *u, int fd);

/* A directory was listed by an entry, and made for it or not: its own attributes apply. */
void unpack_list_dir(struct unpack *u, const char *real, bool made, struct timespec mtime);
/* Records that a directory exists, listed or not. */
struct unpack_dir *unpack_know_dir(struct unpack *u, const char *real);

/* Does a directory on the way have a name with this prefix? */
bool unpack_in_mark(const char *path, const char *prefix);

/*
 * Drops the cached parent. No entry replaces it: what an entry replaces is in the parent, and the
 * next entry looks up its own by name.
 */
void unpack_forget_parent(struct unpack *u);

/*
 * Hides name in the current parent from the layers below, or everything that its directory has
 * there.
 */
int unpack_whiteout(struct unpack *u, const char *name, struct err *e);
int unpack_make_whiteout(int dirfd, const char *name, struct err *e);
int unpack_opaque(struct unpack *u, int dirfd, const char *real, struct err *e);

#endif
