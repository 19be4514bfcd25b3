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
 * Where aufs kept the files that have several names; old images have their names as hard links to those
 * there, and never the directory itself.
 */
#define UNPACK_PLINK ".wh..wh.plnk"

/* A directory of the layer: listed by an entry of its own, or made because something lies in it. */
struct unpack_dir {
	char *path; /* real: no component is a link; "" is the root */
	bool listed;
	uint64_t made; /* counts up; one made before its parent is of a directory that went */
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
	bool rewritten; /* an entry took the place of another: lines of the sidecar must be outdone */
	bool has_plink; /* UNPACK_PLINK is there, until the end */

	/* The directory of the entry before: most entries lie in the same one. */
	char *parent;	   /* as named; NULL: none */
	char *parent_real; /* where it really is, or NULL: not asked yet */
	int parent_fd;
};

/*
 * The name of an entry without ".", "..", doubled and outer slashes; "" is the root. EBADMSG for what
 * leads out, is too long, or empty. The caller frees.
 */
int unpack_clean_name(const char *raw, char **ret, struct err *e);

/* Makes u->parent_fd the directory that holds path; *ret_name points to path's last component. */
int unpack_open_parent(struct unpack *u, const char *path, const char **ret_name, struct err *e);

/* The real path of name in the current parent; the caller frees. NULL: it cannot be told. */
char *unpack_real_path(struct unpack *u, const char *name);

/* The same of an open directory. */
char *unpack_real_dir(const struct unpack *u, int fd);

/* A directory was listed, and made for it or not: its own attributes hold. */
void unpack_list_dir(struct unpack *u, const char *real, bool made, struct timespec mtime);
/* A directory is there, listed or not. */
struct unpack_dir *unpack_know_dir(struct unpack *u, const char *real);

/* True when a directory on the way has such a name. */
bool unpack_in_mark(const char *path, const char *prefix);

/*
 * The cached parent is never what an entry replaces: that lies in the parent, and the next entry
 * asks for its own by name.
 */
void unpack_forget_parent(struct unpack *u);

/* Hides name in the current parent from the layers below, or all that its directory has there. */
int unpack_whiteout(struct unpack *u, const char *name, struct err *e);
int unpack_make_whiteout(int dirfd, const char *name, struct err *e);
int unpack_opaque(struct unpack *u, int dirfd, const char *real, struct err *e);

#endif
