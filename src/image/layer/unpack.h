/*
 * unpack.h - writes the entries of a layer's tar stream as files beneath a directory. For layer.c.
 */
#ifndef IMAGE_LAYER_UNPACK_H
#define IMAGE_LAYER_UNPACK_H

#include "image/layer/libarchive.h"
#include "image/layer/unpack_place.h"

void unpack_init(struct unpack *u, int root, FILE *meta, const struct layer_limits *limits,
		 struct layer_notes *notes);
void unpack_clear(struct unpack *u);

/* Writes one entry, reading its data from a. */
int unpack_entry(struct unpack *u, struct archive *a, struct archive_entry *entry, struct err *e);

/* Sets the times of directories, which change while entries are written. */
int unpack_finish(struct unpack *u, struct err *e);

#endif
