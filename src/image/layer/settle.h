/*
 * settle.h - shared by settle.c, settle_move.c and settle_marks.c.
 */
#ifndef IMAGE_LAYER_SETTLE_H
#define IMAGE_LAYER_SETTLE_H

#include <stdio.h>
#include <time.h>

#include "image/document/meta.h"
#include "image/layer/layer.h"
#include "image/store/view.h"

struct settle {
	int dir, meta_fd;
	FILE *meta; /* appends to the sidecar */
	struct layer_notes notes;
	struct view lower, both; /* both: including this layer, on top */
	const int *lower_meta_fds;
	struct meta **lower_metas; /* loaded on demand */
};

/* Removes marks that hide nothing. */
int settle_marks(struct settle *s, struct err *e);

/*
 * Opens a directory of the layer, or the one that contains path. No component may be a symlink: a
 * directory may have been replaced by one since it was noted, which can lead anywhere.
 * settle_gone(): did it fail for that reason?
 */
int settle_open(const struct settle *s, const char *path, int *ret_fd, struct err *e);
int settle_open_parent(const struct settle *s, const char *path, int *ret_fd, struct err *e);
bool settle_gone(int r);

/* The times of a directory, to be restored by futimens(2): they must stay those of the image. */
void settle_keep_time(int fd, struct timespec ret[2]);

/*
 * In settle_move.c: the layers below have a symlink (in this layer of s->lower) where we have a
 * directory.
 */
int settle_follow_link(struct settle *s, const char *path, size_t layer, struct err *e);

#endif
