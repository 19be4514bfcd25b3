/*
 * kept.h - what of the host a project was given, on disk. For reach.h, moved.h and lifecycle.h.
 */
#ifndef BOX_KEPT_H
#define BOX_KEPT_H

#include <stdbool.h>

#include "base/err.h"
#include "base/mem.h"
#include "box/box.h"

struct kept_reach {
	struct strv lines;
	bool exists;  /* something is kept, be it no line at all */
	bool unowned; /* by an older version, which did not say to what directory it was given */
	bool other_folder; /* it was given to another directory, and so is none of this one's */
};

/* What begins so binds a project for good, and outlives its box; bounds.h. */
#define KEPT_BOUND "bound "
bool kept_is_bound(const char *line);

void kept_clear(struct kept_reach *k);
#define cleanup_kept __attribute__((cleanup(kept_clear)))

/* On failure too *ret is to be cleared. */
int kept_read(const struct box *b, struct kept_reach *ret, struct err *e);
int kept_write(const struct box *b, const struct strv *lines, struct err *e);

/*
 * Was what is kept given to the directory of that id, or may it have been? The record of a box follows no
 * other one to its path before the user has said so.
 */
bool kept_is_of(const struct box *b, const char *id);

/* What a box was given goes to the directory that its project is by now, as the user says (`rename --project`). */
int kept_give(const struct box *b, struct err *e);

/*
 * What binds a project outlives its box: it is left for the next one of the same directory. read appends the
 * lines, 1; 0 when there are none, which an error is not.
 */
int kept_bounds_leave(const struct store *s, const struct box *b, struct err *e);
int kept_bounds_read(const struct store *s, const char *project, struct strv *out, struct err *e);
void kept_bounds_forget(const struct store *s, const char *project);

#endif
