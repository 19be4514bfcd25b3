/*
 * apply.h - copying the changes of a box to directories of the host.
 *
 * The changes were written by untrusted code, and it may have prepared the host's directory in an
 * earlier round. Promises: nothing outside the directory is touched, and no symlink is followed or
 * crossed, on either side; each file is the old one or the new one, never a part; an interrupted
 * apply can be repeated. Set-id bits are dropped; devices, FIFOs and sockets stay in the box, with
 * a note.
 */
#ifndef CHANGES_APPLY_H
#define CHANGES_APPLY_H

#include <stdint.h>

#include "changes/apply_plan.h"

/*
 * Makes the plan, and refuses what cannot be done, naming what is in the way: a symlink, or a file
 * where a directory must be, or the reverse. from NULL: the changes of each overlay go to the
 * directory they came from. Else those beneath from (inside) go beneath the host's directory `to`;
 * a deletion only if the file came from there. The changes must outlive the plan; release it with
 * apply_clear() on failure too.
 */
int apply_make(const struct store *s, const struct changes *all, const char *from, const char *to,
	       struct apply_plan *p, struct err *e);
void apply_clear(struct apply_plan *p);
#define cleanup_apply __attribute__((cleanup(apply_clear)))

/*
 * Carries out the plan, keeps what it replaces (undo.h; *ret_kept: bytes on disk), and drops what
 * overlays had of it. The box must be locked, and not running.
 */
int apply_run(const struct store *s, const struct box *b, const struct changes *all,
	      const struct apply_plan *p, uint64_t *ret_kept, struct err *e);

/* The key of undo.h for the directories that a box's changes go to. */
const char *apply_undo_key(const struct box *b);

/*
 * Removes temporary files that a killed apply left among the host's files; for callers that drop a
 * trial. Does nothing if there was no such apply.
 */
void apply_clean(const struct store *s, const struct box *b);

/* The path of a change relative to from; "" if it is that directory itself. */
const char *apply_relative(const struct change *c, const char *from);

#endif
