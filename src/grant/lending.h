/*
 * lending.h - things of the host that a box is lent, and where they are in it.
 */
#ifndef GRANT_LENDING_H
#define GRANT_LENDING_H

#include <stdbool.h>
#include <stddef.h>

#include "base/mem.h"

#define LEND_DIR "/run/host" /* where lent things are in the box */

/* One file, directory or socket of the host. */
struct lent {
	char *source; /* absolute, symlinks resolved */
	char *target; /* inside */
	bool read_only, device;
	bool pinned; /* of a driver: bind the file itself, not a copy that is kept up to date */
};

struct lending {
	struct lent *v;
	size_t n;
	struct strv reach; /* lines for consent */
	struct strv notes; /* what to tell the user: only by who starts the box */
};

/* Adds one; false if the host has no such thing. */
bool lending_add(struct lending *l, const char *path, const char *target, bool read_only);
void lending_note(struct lending *l, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void lending_clear(struct lending *l);
#define cleanup_lending __attribute__((cleanup(lending_clear)))

#endif
