/*
 * compare.h - is an unpacked layer what its blob makes?
 */
#ifndef IMAGE_LAYER_COMPARE_H
#define IMAGE_LAYER_COMPARE_H

#include "base/err.h"

/* A settled layer: its directory, not O_PATH, and its sidecar, or -1 where there is none. */
struct layer_tree {
	int dir, meta;
};

/*
 * Compares all of a layer that is there with one that was made anew: names, kinds, modes, times of all but
 * directories (a directory that no entry lists has that of its making), extended attributes, content, sidecar.
 * Returns 0 when they are the same; 1, and *ret_what says what differs first ("'etc/motd' is missing"), for
 * the caller to free. What of the one that is there cannot be read differs.
 */
int layer_compare(const struct layer_tree *made, const struct layer_tree *there, char **ret_what,
		  struct err *e);

#endif
