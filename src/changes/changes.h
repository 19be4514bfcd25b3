/*
 * changes.h - what a box has that it was not made from.
 *
 * A box writes to several trees: its root (an upper directory upon image and prepared layers), its home (a
 * directory of its own, upon nothing), and overlays, each upon a directory of the host. All of it was written
 * by code that nobody trusts: names are any bytes, and files are opened beneath their tree, without
 * following a link.
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
	struct view base;		   /* what lies beneath; nothing for a home */
	int *lowers;			   /* of base */
};

enum change_kind { CHANGE_ADDED = 'A', CHANGE_MODIFIED = 'M', CHANGE_DELETED = 'D' };

struct change {
	enum change_kind kind;
	char *path;	 /* inside, absolute */
	const char *rel; /* the same beneath its tree; points into path */
	char *link;	 /* where a link that is there now leads, as it says; else NULL */
	struct stat st;	 /* of what is there now; of what was there, for CHANGE_DELETED */
	const struct change_tree *tree;
};

struct changes {
	struct change_tree *trees;
	size_t n_trees;
	struct change *v; /* by path: a directory comes before what it holds */
	size_t n, cap;
	struct box_overlays overlays;
	bool incomplete; /* something could not be read; a warning has said what */
};

/*
 * Finds them all, but for what sandbox itself put there: its lines of /etc, and what mounts are on. One
 * line stands for a deleted directory; of a new one all it holds is listed. A box that runs is shown as it
 * is at this moment. On failure too *ret is to be released with changes_clear().
 */
int changes_find(const struct store *s, const struct box *b, struct changes *ret, struct err *e);
void changes_clear(struct changes *c);
#define cleanup_changes __attribute__((cleanup(changes_clear)))

/* Keeps what is at one of these absolute paths, or beneath it. */
void changes_keep(struct changes *c, const char *const *paths, size_t n);

/* Opens what is there now, or was there, without waiting; what is no regular file is an error. */
int change_open(const struct change *c, int *ret_fd, struct err *e);
int change_open_base(const struct change *c, int *ret_fd, struct err *e);

/* "FIFO", "socket" or "device"; NULL for what can be taken out of the box. */
const char *change_special(const struct change *c);

/* Is there something that the host would run later, unasked: a shell's startup file, a git hook ... */
bool change_is_run(const char *path);

/* An absolute directory of the host, no component of it a link. O_PATH. */
int host_folder_open(const char *path, int *ret_fd, struct err *e);

#endif
