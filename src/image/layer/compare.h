/*
 * compare.h - checks whether an unpacked layer is what its blob contains.
 */
#ifndef IMAGE_LAYER_COMPARE_H
#define IMAGE_LAYER_COMPARE_H

#include "base/err.h"

/* A settled layer: its directory (not O_PATH), and its sidecar, or -1 if there is none. */
struct layer_tree {
	int dir, meta;
};

/*
 * Compares an existing layer with a newly unpacked one: names, types, modes, times except those of
 * directories (an implicit directory has the time of its creation), extended attributes, content,
 * sidecar. Returns 0 if they are the same; else 1, and *ret_what, which the caller frees, describes
 * the first difference ("'etc/motd' is missing"). What cannot be read in the existing one counts as
 * different.
 */
int layer_compare(const struct layer_tree *made, const struct layer_tree *there, char **ret_what,
		  struct err *e);

#endif
