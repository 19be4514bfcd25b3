/*
 * apply.h - taking what a box has changed to directories of the host.
 *
 * What is taken was written by code that nobody trusts, and the host's directory may have been prepared by
 * it in an earlier round. Promises: nothing outside the directory is touched, no link is followed or
 * crossed, on either side; each file is the old one or the new one, never half; what was interrupted
 * can be done again. Set-id bits are dropped; devices, FIFOs and sockets stay in the box, with a note.
 */
#ifndef CHANGES_APPLY_H
#define CHANGES_APPLY_H

#include <stdint.h>

#include "changes/apply_plan.h"

/*
 * Plans, and refuses what cannot be done by the name that is in the way: a link, or a file where a
 * directory is to be, or the reverse. from NULL: the changes of each overlay go to the directory they came
 * from. Else those beneath from, inside, go beneath the host's directory `to`; what is deleted there the
 * host's directory never had, unless it came from it. The changes must outlive the plan; on failure too it
 * is to be released with apply_clear().
 */
int apply_make(const struct store *s, const struct changes *all, const char *from, const char *to,
	       struct apply_plan *ret, struct err *e);
void apply_clear(struct apply_plan *p);
#define cleanup_apply __attribute__((cleanup(apply_clear)))

/*
 * Does it, keeps what it replaces (undo.h; *ret_kept: bytes on disk), and drops what overlays held of it. The box must be locked, and not
 * running.
 */
int apply_run(const struct store *s, const struct box *b, const struct changes *all,
	      const struct apply_plan *p, uint64_t *ret_kept, struct err *e);

/* By what undo.h knows the directories that a box's changes go to. */
const char *apply_undo_key(const struct box *b);

/*
 * Removes what an apply that was killed has left beside the files of the host; for whoever drops what was
 * tried. Nothing, where none was.
 */
void apply_clean(const struct store *s, const struct box *b);

/* Where a change beneath from goes, relative; "" for nowhere: it is that directory itself. */
const char *apply_relative(const struct change *c, const char *from);

#endif
