/*
 * box.h - one box: its record on disk and whether it runs.
 */
#ifndef BOX_BOX_H
#define BOX_BOX_H

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
	char *folder;	      /* its folder_id(), or NULL where none is recorded; moved.h */
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

/* Makes RUNTIME/<id> where it is missing and opens run_fd; comes before box_start(). */
int box_make_runtime(const struct store *s, struct box *b, struct err *e);

/* -ENOENT when there is no such box, -EUCLEAN when its record is damaged. */
int box_load(const struct store *s, const char *id, struct box *ret, struct err *e);

/*
 * The same for who lists, stops and removes: one whose record is there and cannot be read, for whatever
 * reason, is no error but damaged. -ENOENT is a box that has gone; what this process lacks (descriptors,
 * memory) stays an error, for it says nothing of the box.
 */
int box_load_damaged(const struct store *s, const char *id, struct box *ret, struct err *e);

/* The box of that name or id; -ENOENT: there is none. damaged: as box_load_damaged(). See also target.h. */
int box_find_named(const struct store *s, const char *name, bool damaged, struct box *ret,
		   struct err *e);

/* The box of a project directory, or that of its trial; -ENOENT when there is none. */
int box_find_project(const struct store *s, const char *dir, struct box *ret, struct err *e);
int box_find_trial(const struct store *s, const char *dir, struct box *ret, struct err *e);

/*
 * Takes the lock under which a box is started or removed, waiting for whoever holds it; its record is
 * read again if it was written meanwhile. -ERR_RETRY: the box was removed, renamed or given another
 * project meanwhile. Released by box_unlock() or box_close().
 */
int box_lock(const struct store *s, struct box *b, struct err *e);
void box_unlock(struct box *b);

/* Does pid 1 of the box live? Asks the lifetime lock. */
int box_find_running(const struct box *b, bool *ret, struct err *e);
/* The same for who does nothing to a box that runs: where that cannot be asked, it may: true. */
bool box_is_running(const struct box *b);

/*
 * Takes the lifetime lock for a pid 1 that is about to be made; box_wait_gone() comes before.
 * -EBUSY when another holds it for timeout_ms.
 */
int box_take_lifetime(const struct box *b, int timeout_ms, int *ret_fd, struct err *e);

/*
 * Connects to pid 1, in whatever runtime directory its socket is. Returns 0, -ENOLINK when the box runs and
 * its socket is gone, or -errno.
 */
int box_connect(const struct box *b, int *ret_fd);

/* Where that socket is, as far as is known; the caller frees. */
char *box_control(const struct store *s, const struct box *b);

/* pid 1 of the running box as the host counts: recorded, else by who listens; 0: there is none, or unknown. */
pid_t box_pid(const struct box *b);

/* Does the record name the pid 1 that lives? Else the notes are of another start. */
bool box_is_recorded(const struct box *b);

/*
 * Writes pid 1 and the runtime directory into the lifetime lock, and after them `notes`, lines about what the box was started
 * with.
 */
int box_record_start(const struct box *b, int lifetime, pid_t pid, const char *notes,
		     struct err *e);

/* Appends the notes of the last start, if any, each line with a newline before it and one at its end. */
int box_start_notes(const struct box *b, struct buf *out, struct err *e);

/* Waits until the namespaces of the last pid 1 are gone, timeout_ms at most, -1: for ever; false: they are not,
 * or that cannot be told. */
bool box_wait_gone(const struct box *b, int timeout_ms);

/* Removes the box with all it has. It must be locked, and not running. */
int box_remove(const struct store *s, struct box *b, struct err *e);

#endif
