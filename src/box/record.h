/*
 * record.h - a box as its record on disk describes it. What is below box_has_moved() is for the files that
 * make, find and remove boxes.
 */
#ifndef BOX_RECORD_H
#define BOX_RECORD_H

#include <stdbool.h>
#include <sys/types.h>

#include "base/err.h"
#include "base/file.h"
#include "image/name/digest.h"
#include "store/store.h"

struct box {
	char id[BOX_ID_LEN + 1];
	char *name;	      /* unique */
	char *project;	      /* absolute directory, or NULL */
	char *folder;	      /* its folder_id(), or NULL where none is recorded; folder.h */
	char *moved_from;     /* where the record has it, when it was found elsewhere; else NULL */
	char *image;	      /* as it was asked for when the box was made */
	struct digest digest; /* the manifest it was made from; hex "": an image without one */
	struct strv prepared; /* layers upon the image's, topmost first, beneath DATA */
	long long created;    /* seconds since 1970 */
	bool temporary;	      /* thrown away when it ends */
	bool trial;	      /* of `sandbox try`: all of the host is an overlay in it */
	bool in_memory; /* a temporary one whose upper directory is memory; known to its maker alone */
	bool followed; /* directory is its id as of now, and not only as of the last start */
	bool damaged;  /* its record cannot be read: name is the id, image "?" */
	char *why;     /* of a damaged one, one line; else NULL */
	struct file_stamp record; /* of the record that was read */
	int dir_fd;  /* the directory with record and lock, O_PATH; -1: damaged or parked */
	int run_fd;  /* RUNTIME/<id>, with the control socket, O_PATH; or -1 */
	int lock_fd; /* of box_lock(), or -1 */
};

#define BOX_INIT                                          \
	{                                                 \
		.dir_fd = -1, .run_fd = -1, .lock_fd = -1 \
	}

void box_close(struct box *b);
#define cleanup_box __attribute__((cleanup(box_close)))

/* The recipe it was made from; "" when there was none. */
int box_recipe(const struct box *b, struct buf *out, struct err *e);

/* Makes RUNTIME/<id> where it is missing and opens run_fd; comes before a start. */
int box_make_runtime(const struct store *s, struct box *b, struct err *e);

/* -ENOENT when there is no such box, -EUCLEAN when its record is damaged. */
int box_load(const struct store *s, const char *id, struct box *ret, struct err *e);

/*
 * The same for who lists, stops and removes: one whose record is there and cannot be read, for whatever
 * reason, is no error but damaged. -ENOENT is a box that has gone; what this process lacks (descriptors,
 * memory) stays an error, for it says nothing of the box.
 */
int box_load_damaged(const struct store *s, const char *id, struct box *ret, struct err *e);

/*
 * Is dir the directory of the box's project, which is not any more where the record has it? Then
 * b->project is dir from now on, and b->moved_from what it was.
 */
bool box_has_moved(struct box *b, const char *dir);

/* Is the directory of the box's project known not to be there? */
bool box_project_gone(const struct box *b);

/*
 * Opens run_fd anew; where there is no RUNTIME/<id> it is -1. Looking at a box must not make it a
 * directory: it may be going at this moment.
 */
int record_open_runtime(const struct store *s, struct box *b, struct err *e);

/* Writes the record into the directory dirfd; readers see all of it or nothing. */
int record_write(const struct box *b, int dirfd, struct err *e);

/*
 * Reads again what a box that is locked by now is: another image, say, after a rebuild that was waited
 * for. -ERR_RETRY when it is called otherwise or has another project, and so is not what was looked for.
 */
int record_read_again(const struct store *s, struct box *b, struct err *e);

/*
 * A directory in that of a throw-away box on disk. The record of one is not waited for, so that a power cut
 * may leave it empty; a directory is there as soon as what it lies in.
 */
#define RECORD_TEMPORARY "temporary"

/* Is boxes/<id> a box that is thrown away when it ends? Asks the record and that directory. */
bool record_says_temporary(const struct store *s, const char *id);

/*
 * A parked box is what its record says, without a descriptor: one of many in a list. box_open() makes it
 * whole again; -ENOENT when it has gone meanwhile.
 */
void box_park(struct box *b);
int box_open(const struct store *s, struct box *b, struct err *e);

#endif
