/*
 * unpack.h - the entries of a layer's tar stream as files beneath a directory. For layer.c.
 */
#ifndef IMAGE_LAYER_UNPACK_H
#define IMAGE_LAYER_UNPACK_H

#include <archive.h>
#include <archive_entry.h>
#include <stdio.h>
#include <time.h>

#include "image/document/meta.h"
#include "image/layer/layer.h"
#include "image/store/view.h"

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
	void *links;	/* and of hard links, see unpack_link.c */
	bool rewritten; /* an entry took the place of another: lines of the sidecar must be outdone */
	bool has_plink; /* UNPACK_PLINK is there, until the end */

	/* The directory of the entry before: most entries lie in the same one. */
	char *parent;	   /* as named; NULL: none */
	char *parent_real; /* where it really is, or NULL: not asked yet */
	int parent_fd;
};

void unpack_init(struct unpack *u, int root, FILE *meta, const struct layer_limits *limits,
		 struct layer_notes *notes);
void unpack_clear(struct unpack *u);

/* One entry, with its data read from a. */
int unpack_entry(struct unpack *u, struct archive *a, struct archive_entry *entry, struct err *e);

/* The times of directories, which change as long as entries come. */
int unpack_finish(struct unpack *u, struct err *e);

/* --- between unpack.c, unpack_meta.c, unpack_link.c and unpack_place.c */

int unpack_hardlink(struct unpack *u, struct archive_entry *entry, const char *name, struct err *e);
/* One file, one truth: what the sidecar says of a file it says of its other names. */
int unpack_finish_links(struct unpack *u, struct err *e);
void unpack_clear_links(struct unpack *u);

/* What an entry says of itself; its line is written at the end, when its file cannot hold it all. */
int unpack_begin_meta(struct archive_entry *entry, char type, struct meta_entry *m, struct err *e);
int unpack_end_meta(struct unpack *u, const char *name, struct meta_entry *m, mode_t applied,
		    struct err *e);
/* user.* goes onto the file; what does not fit there, and other kinds, into the sidecar. */
int unpack_take_xattrs(struct archive_entry *entry, int fd, struct meta_entry *m, struct err *e);

/* Makes room for a new entry. *ret_hidden: there was one; a directory in its place starts empty. */
int unpack_make_room(struct unpack *u, const char *name, bool *ret_hidden, struct err *e);

/* Under the name where the entry really is: a link on its way may have led it elsewhere. */
int unpack_write_meta(struct unpack *u, const char *name, struct meta_entry *m, struct err *e);

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
