/*
 * overlays.h - directories of the host whose changes stay in a box, on disk.
 *
 *	boxes/<id>/overlays/<key>/	of: target and source; upper/, work/
 *
 * The key stands for target and source: what was changed upon one source is never shown upon another.
 */
#ifndef BOX_OVERLAYS_H
#define BOX_OVERLAYS_H

#include "base/err.h"
#include "box/box.h"

struct box_overlay {
	char *path;   /* of its directory beneath DATA */
	char *target; /* inside */
	char *source; /* of the host, as it was without links when the box was started */
};

struct box_overlays {
	struct box_overlay *v;
	size_t n;
};

/* Makes the directory of an overlay where it is missing; the caller frees *ret, its path beneath DATA. */
int overlay_make(const struct store *s, const struct box *b, const char *target, const char *source,
		 char **ret, struct err *e);

/* All that the box ever had, by target. On failure too *ret is to be released with overlays_clear(). */
int overlays_list(const struct store *s, const struct box *b, struct box_overlays *ret,
		  struct err *e);
/*
 * The directory `from` is `to` by now: overlays of it and of what lies in it go on at their new place, with
 * what was written to them. Can be done again where it was cut off. The box does not run.
 */
int overlays_move(const struct store *s, const struct box *b, const char *from, const char *to,
		  struct err *e);

void overlays_clear(struct box_overlays *o);

/* Drops what was changed, at once and whole. The box must be locked, and not running. */
int overlay_drop(const struct store *s, const struct box_overlay *o, struct err *e);

#endif
