/*
 * copy_layer.h - writes what a step copies as a layer: files in the layer's directory, and what
 * files of a single uid cannot have in its sidecar.
 */
#ifndef BUILD_COPY_LAYER_H
#define BUILD_COPY_LAYER_H

#include <stdint.h>
#include <stdio.h>

#include "base/first_names.h"
#include "base/owner.h"
#include "build/copy_view.h"
#include "image/layer/layer_notes.h"

/* What the flags of the step, and its place, decide. */
struct copy_manner {
	const struct copy_tree *base; /* NULL: nothing is below, whatever the stage has */
	const char *chmod;	      /* NULL: modes stay */
	const struct owner *owner;    /* NULL: owners stay; parents that are made are root's */
	struct timespec time;	      /* of parents that are made */
	struct layer_limits limits;   /* 0: none */
};

struct copy_layer {
	const struct copy_manner *manner;
	int upper, meta_fd;
	FILE *meta;
	struct layer_notes notes;
	struct view base, both; /* both: with the layer itself on top */
	int *fds;		/* of both */
	bool rewritten;		/* a file of the layer was replaced, so its line must be too */
	uint64_t bytes, entries;
	struct first_names *links;   /* of the current source */
	struct copy_dir_time *times; /* of directories, set last */
	size_t n_times;

	/* The directory of the previous file. */
	char *parent; /* NULL: none */
	int parent_fd;
	bool parent_below; /* the stage has it too */
};

/* Both descriptors stay the caller's. copy_layer_clear() also after a failure. */
int copy_layer_begin(struct copy_layer *l, const struct copy_manner *manner, int upper_fd,
		     int meta_fd, struct err *e);
void copy_layer_clear(struct copy_layer *l);
#define cleanup_copy_layer __attribute__((cleanup(copy_layer_clear)))

/* Adapts the layer to the ones below. */
int copy_layer_finish(struct copy_layer *l, struct err *e);

/*
 * Makes the directory at a real path and those on its way, with this mode and as --chown says;
 * existing ones stay as they are.
 */
int copy_layer_mkdirs(struct copy_layer *l, const char *real, mode_t mode, struct err *e);

/* Is there a directory at the real path, in the layer or below? */
bool copy_layer_has_dir(struct copy_layer *l, const char *real);

/* From here on the files are of another source: hard links are kept within one. */
void copy_layer_next_source(struct copy_layer *l);

/*
 * Writes one file at a real path; its parent exists. content_fd: the content of a regular file,
 * read from its beginning; -1: the entry is opened. A directory merges with what is there: if the
 * entry is the source itself, or implied, an existing one keeps its attributes.
 */
int copy_layer_put(struct copy_layer *l, const char *real, const struct copy_entry *entry,
		   int content_fd, struct err *e);

/*
 * For what writes into a directory of the layer itself: opens the one at the real path, which
 * exists, in the layer.
 */
int copy_layer_open(struct copy_layer *l, const char *real, int *ret_fd, struct err *e);

#endif
