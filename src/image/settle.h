/*
 * settle.h - what settle.c and settle_marks.c share.
 */
#ifndef IMAGE_SETTLE_H
#define IMAGE_SETTLE_H

#include <stdio.h>
#include <time.h>

#include "image/layer.h"
#include "image/meta.h"
#include "image/view.h"

struct settle {
	int dir, meta_fd;
	FILE *meta; /* appends to the sidecar */
	struct layer_notes notes;
	struct view lower;
	const int *lower_meta_fds;
	struct meta **lower_metas; /* loaded when asked for */
};

/* Removes marks that hide nothing. */
int settle_marks(struct settle *s, struct err *e);

/* A folder of the layer; no component may be a link. */
int settle_open(struct settle *s, const char *path, int *ret_fd, struct err *e);

/* The folder that holds path, whose time is to stay what the image says. */
struct settle_time {
	char *dir;
	struct timespec times[2];
};

void settle_keep_time(const struct settle *s, const char *path, struct settle_time *ret);
void settle_restore_time(const struct settle *s, struct settle_time *t);

#endif
