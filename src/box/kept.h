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
	bool exists;	   /* there is a file, even if it has no lines */
	bool unowned;	   /* written by an older version, which did not record the directory */
	bool other_folder; /* given to another directory, so not valid for this one */
};

/* Lines with this prefix bind a project permanently and outlive its box; bounds.h. */
#define KEPT_BOUND "bound "
bool kept_is_bound(const char *line);

void kept_clear(struct kept_reach *k);
#define cleanup_kept __attribute__((cleanup(kept_clear)))

/* Clear *ret on failure too. */
int kept_read(const struct box *b, struct kept_reach *ret, struct err *e);
int kept_write(const struct box *b, const struct strv *lines, struct err *e);

/*
 * Was it given to the directory with that id, or may it have been? If not, the box's record follows
 * no other directory to its path until the user agrees.
 */
bool kept_is_of(const struct box *b, const char *id);

/*
 * Gives what the box was given to the present directory of its project, as the user asked (`rename
 * --project`).
 */
int kept_give(const struct box *b, struct err *e);

/*
 * leave: keeps what binds a project beyond its box, for the next box of that directory. read:
 * appends the lines; returns 1, or 0 if there are none, which is not an error.
 */
int kept_bounds_leave(const struct store *s, const struct box *b, struct err *e);
int kept_bounds_read(const struct store *s, const char *project, struct strv *out, struct err *e);
void kept_bounds_forget(const struct store *s, const char *project);

#endif
