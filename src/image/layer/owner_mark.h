/*
 * owner_mark.h - the owner and the capabilities of a file in a layer, for root of a box: the
 * supervisor reads them from the file (base/owner.h, base/capability.h). For everything else the
 * sidecar has them.
 */
#ifndef IMAGE_LAYER_OWNER_MARK_H
#define IMAGE_LAYER_OWNER_MARK_H

#include <time.h>

#include "base/err.h"
#include "image/document/meta.h"

/* Sets the mark of a file or directory, or removes one that is not needed. */
int owner_mark(int fd, const struct meta_entry *m, struct err *e);

/* Sets the mark of the capabilities that the sidecar has, if any, of a file with its final time. */
int owner_mark_capability(int fd, const struct meta_entry *m, struct err *e);

/*
 * The same for all files of a layer that an older program made, as far as we may: a layer of another
 * store, and files that their owner may not write to, stay without.
 */
int owner_mark_layer(int layer, int meta_fd, struct err *e);

/*
 * Makes a pipe, or the empty file that stands in for a device, which needs the host's root.
 * *ret_mode: the mode that it has.
 */
int owner_mark_node(int dir, const char *name, const struct meta_entry *m, mode_t *ret_mode,
		    struct err *e);

/* For utimensat(2): the time of the last access of a symlink or pipe that says it, or UTIME_OMIT. */
struct timespec owner_mark_time(const struct meta_entry *m);

#endif
