/*
 * overlays.h - directories of the host whose changes stay in a box, on disk.
 *
 *	boxes/<id>/overlays/<key>/	of: target and source; upper/, work/
 *
 * The key combines target and source: changes to one source never appear on another.
 */
#ifndef BOX_OVERLAYS_H
#define BOX_OVERLAYS_H

#include "base/err.h"
#include "box/box.h"

struct box_overlay {
	char *path;   /* of its directory, relative to DATA */
	char *target; /* inside */
	char *source; /* of the host, symlinks resolved when the box was started */
};

struct box_overlays {
	struct box_overlay *v;
	size_t n;
};

/*
 * Makes the directory of an overlay if it is missing. *ret is its path relative to DATA; the caller
 * frees it.
 */
int overlay_make(const struct store *s, const struct box *b, const char *target, const char *source,
		 char **ret, struct err *e);

/* All that the box ever had, by target. Release *out with overlays_clear() on failure too. */
int overlays_list(const struct store *s, const struct box *b, struct box_overlays *out,
		  struct err *e);
/*
 * The directory `from` has moved to `to`: overlays of it and of what is in it continue at the new
 * path with their changes. Can be repeated after an interruption. The box must not be running.
 */
int overlays_move(const struct store *s, const struct box *b, const char *from, const char *to,
		  struct err *e);

void overlays_clear(struct box_overlays *o);

/* Discards the changes, atomically. The box must be locked, and not running. */
int overlay_drop(const struct store *s, const struct box_overlay *o, struct err *e);

#endif
