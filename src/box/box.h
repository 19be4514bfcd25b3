/*
 * box.h - one box: finding it, its locks, its pid 1, its removal.
 */
#ifndef BOX_BOX_H
#define BOX_BOX_H

#include <stdbool.h>
#include <sys/types.h>

#include "base/err.h"
#include "box/record.h"
#include "store/store.h"

/*
 * The box with that name or id; -ENOENT if there is none. damaged: as box_load_damaged(). See also
 * target.h.
 */
int box_find_named(const struct store *s, const char *name, bool damaged, struct box *ret,
		   struct err *e);

/* The box of a project directory, or that of its trial; -ENOENT if there is none. */
int box_find_project(const struct store *s, const char *dir, struct box *ret, struct err *e);
int box_find_trial(const struct store *s, const char *dir, struct box *ret, struct err *e);

/*
 * Takes the lock under which a box is started or removed, waiting for its holder. Reads the record
 * again if it was written meanwhile. -ERR_RETRY: meanwhile the box was removed, renamed or given
 * another project. Released by box_unlock() or box_close().
 */
int box_lock(const struct store *s, struct box *b, struct err *e);
void box_unlock(struct box *b);

/* Is pid 1 of the box alive? Checks the lifetime lock. */
int box_find_running(const struct box *b, bool *ret, struct err *e);
/* The same for callers that do nothing to a running box: true also if it cannot be determined. */
bool box_is_running(const struct box *b);

/* Makes the lifetime lock of a new box in its directory; nobody ever sees it unlocked. */
int box_make_lifetime(int dirfd, int *ret_fd, struct err *e);

/*
 * Takes the lifetime lock for a pid 1 that is about to be started; call box_wait_gone() first.
 * -EBUSY if another process holds it for timeout_ms.
 */
int box_take_lifetime(const struct box *b, int timeout_ms, int *ret_fd, struct err *e);

/*
 * Connects to pid 1, in whatever runtime directory its socket is. Returns 0, -ENOLINK if the box
 * runs and its socket is gone, or -errno.
 */
int box_connect(const struct box *b, int *ret_fd);

/* The path of that socket, as far as known; the caller frees it. */
char *box_control(const struct store *s, const struct box *b);

/*
 * pid 1 of the running box in the host's numbering: from the record, else from the socket; 0: none
 * or unknown.
 */
pid_t box_pid(const struct box *b);

/* Does the record name the pid 1 that is running? Otherwise the notes belong to another start. */
bool box_is_recorded(const struct box *b);

/*
 * Writes pid 1, the runtime directory, and then `notes`, lines about what the box was started with,
 * into the lifetime lock.
 */
int box_record_start(const struct store *s, const struct box *b, int lifetime, pid_t pid,
		     const char *notes, struct err *e);

/*
 * Appends the notes of the last start, if any: each line with a newline before it, and one after
 * the last.
 */
int box_start_notes(const struct box *b, struct buf *out, struct err *e);

/* Appends lines to them, about what the running box got since. */
int box_add_start_notes(const struct box *b, const char *lines, struct err *e);

/* How long an ended box may take to release its files; a stuck disk must not make us hang. */
#define BOX_GONE_MS 30000

/*
 * Waits until the namespaces of the last pid 1 are gone, at most timeout_ms (-1: no limit). False:
 * they are not, or that is unknown.
 */
bool box_wait_gone(const struct box *b, int timeout_ms);

/*
 * Removes the index entries that lead from the directory to the box. id: its folder_id(), or NULL.
 */
void box_forget_folder(const struct store *s, const struct box *b, const char *dir, const char *id);

/* What the network of a project's boxes has recorded goes with the project to its new path. */
void box_move_journal(const struct store *s, const char *from, const char *to);

/* Removes the box with everything it has. It must be locked, and not running. */
int box_remove(const struct store *s, struct box *b, struct err *e);

#endif
