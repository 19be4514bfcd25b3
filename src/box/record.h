/*
 * record.h - a box as described by its record on disk. What follows box_has_moved() is for the
 * files that make, find and remove boxes.
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
	char *folder;	      /* its folder_id(), or NULL if none is recorded; folder.h */
	char *moved_from;     /* the recorded path, if it was found elsewhere; else NULL */
	char *image;	      /* as requested when the box was made */
	struct digest digest; /* its manifest; hex is "" for an image without one */
	struct strv prepared; /* layers on top of the image's, topmost first, relative to DATA */
	long long created;    /* seconds since 1970 */
	bool temporary;	      /* deleted when it ends */
	char *service;	      /* of a service: its name in the project, service_tie.h; else NULL */
	char *service_of;     /* and where that project's directory was at the last `up` */
	bool trial;	      /* of `sandbox try`: everything of the host is an overlay in it */
	bool in_memory; /* a temporary one with its upper in memory; known only to its creator */
	bool followed;	/* directory is its present id, not only that of the last start */
	bool damaged;	/* its record cannot be read: name is the id, image "?" */
	char *why;	/* of a damaged one: the reason, one line; else NULL */
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

/*
 * Is its program the image's, as of a throw-away box or a service? Then the image says who runs it,
 * where, and what stops it; sessions of a project's box are yours.
 */
static inline bool box_is_images(const struct box *b)
{
	return b->temporary || b->service;
}

/* Where the project is that it belongs to, or NULL. */
static inline const char *box_belongs_to(const struct box *b)
{
	return b->service ? b->service_of : b->project;
}

/* The recipe it was made from; "" if there was none. */
int box_recipe(const struct box *b, struct buf *out, struct err *e);

/* Makes RUNTIME/<id> if it is missing and opens run_fd; called before a start. */
int box_make_runtime(const struct store *s, struct box *b, struct err *e);

/* -ENOENT if there is no such box, -EUCLEAN if its record is damaged. */
int box_load(const struct store *s, const char *id, struct box *ret, struct err *e);

/*
 * The same for listing, stopping and removing: a box whose record exists but cannot be read is
 * returned as damaged. -ENOENT: the box has gone. Problems of this process (descriptors, memory)
 * are still errors, since they say nothing about the box.
 */
int box_load_damaged(const struct store *s, const char *id, struct box *ret, struct err *e);

/*
 * Is dir the directory of the box's project, moved away from the recorded path? Then b->project
 * becomes dir, and b->moved_from the old path.
 */
bool box_has_moved(struct box *b, const char *dir);

/* Is the directory of the box's project known to be gone? */
bool box_project_gone(const struct box *b);

/*
 * Opens run_fd again; -1 if there is no RUNTIME/<id>. Does not make it: looking at a box must not
 * create a directory for it, since it may be ending.
 */
int record_open_runtime(const struct store *s, struct box *b, struct err *e);

/* Writes the record into the directory dirfd; readers see it whole or not at all. */
int record_write(const struct box *b, int dirfd, struct err *e);

/*
 * Reads the record of a locked box again: after waiting for a rebuild, for example, it has another
 * image. -ERR_RETRY if its name or project has changed, so that it is no longer the box that was
 * looked for.
 */
int record_read_again(const struct store *s, struct box *b, struct err *e);

/*
 * A directory in that of a throw-away box on disk. Its record is not synced, so a power cut may
 * leave it empty; a directory exists as soon as its parent does.
 */
#define RECORD_TEMPORARY "temporary"

/* Is boxes/<id> a throw-away box? Checks the record and that directory. */
bool record_says_temporary(const struct store *s, const char *id);

/*
 * A parked box has the data of its record but no descriptor, for long lists. box_open() opens it
 * again; -ENOENT if it has gone meanwhile.
 */
void box_park(struct box *b);
int box_open(const struct store *s, struct box *b, struct err *e);

#endif
