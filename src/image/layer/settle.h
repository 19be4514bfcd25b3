/*
 * settle.h - what settle.c, settle_move.c and settle_marks.c share.
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
	struct view lower, both; /* both: with this layer on top */
	const int *lower_meta_fds;
	struct meta **lower_metas; /* loaded when asked for */
};

/* Removes marks that hide nothing. */
int settle_marks(struct settle *s, struct err *e);

/*
 * A directory of the layer, or the one that holds path. No component may be a link: what was a directory
 * when it was noted may be one by now, and lead anywhere. settle_gone(): for such a reason there is
 * none.
 */
int settle_open(const struct settle *s, const char *path, int *ret_fd, struct err *e);
int settle_open_parent(const struct settle *s, const char *path, int *ret_fd, struct err *e);
bool settle_gone(int r);

/* The time of a directory, which is to stay what the image says: futimens(2) takes it as it is. */
void settle_keep_time(int fd, struct timespec ret[2]);

/* In settle_move.c: below is a link (of this layer of s->lower) where we have a directory. */
int settle_follow_link(struct settle *s, const char *path, size_t layer, struct err *e);

#endif
