/*
 * changes.h - the differences between a box and what it was made from.
 *
 * A box writes to several trees: its root (an upper directory on top of image and prepared layers),
 * its home (a plain directory), and overlays, each on top of a directory of the host. All of it was
 * written by untrusted code: names are any bytes, and files are opened beneath their tree, without
 * following a symlink.
 */
#ifndef CHANGES_CHANGES_H
#define CHANGES_CHANGES_H

#include <stdbool.h>
#include <sys/stat.h>

#include "base/err.h"
#include "box/box.h"
#include "box/overlays.h"
#include "image/store/view.h"

struct change_tree {
	char *target;			   /* inside; "/" for the root */
	const struct box_overlay *overlay; /* NULL: the root, or the home */
	int upper;			   /* O_PATH */
	struct view base;		   /* what is beneath; nothing for a home */
	int *lowers;			   /* of base */
};

enum change_kind { CHANGE_ADDED = 'A', CHANGE_MODIFIED = 'M', CHANGE_DELETED = 'D' };

struct change {
	enum change_kind kind;
	char *path;	 /* inside, absolute */
	const char *rel; /* the same relative to its tree; points into path */
	char *link;	 /* the present target of a symlink, as written; else NULL */
	struct stat st;	 /* of the present file; for CHANGE_DELETED of the former one */
	const struct change_tree *tree;
};

struct changes {
	struct change_tree *trees;
	size_t n_trees;
	struct change *v; /* by path: a directory comes before its content */
	size_t n, cap;
	struct box_overlays overlays;
	bool incomplete; /* something could not be read; a warning named it */
};

/*
 * Finds all changes except what sandbox itself made: its lines of /etc, and mount points. A deleted
 * directory is one entry; everything in a new one is listed. A running box is shown as it is now.
 * Release *out with changes_clear() on failure too.
 */
int changes_find(const struct store *s, const struct box *b, struct changes *out, struct err *e);
void changes_clear(struct changes *c);
#define cleanup_changes __attribute__((cleanup(changes_clear)))

/* Keeps only what is at or beneath one of these absolute paths. */
void changes_keep(struct changes *c, const char *const *paths, size_t n);

/*
 * Opens the present file, or the former one, without blocking; anything but a regular file is an
 * error.
 */
int change_open(const struct change *c, int *ret_fd, struct err *e);
int change_open_base(const struct change *c, int *ret_fd, struct err *e);

/* "FIFO", "socket" or "device"; NULL for a type that can be taken out of the box. */
const char *change_special(const struct change *c);

/* Opens an absolute directory of the host, with no symlink in the path. O_PATH. */
int changes_open_host(const char *path, int *ret_fd, struct err *e);

#endif
