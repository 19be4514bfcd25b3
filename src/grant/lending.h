/*
 * lending.h - things of the host that a box is lent, and where they stand in it.
 */
#ifndef GRANT_LENDING_H
#define GRANT_LENDING_H

#include <stdbool.h>
#include <stddef.h>

#include "base/mem.h"

#define LEND_DIR "/run/host" /* where what is lent stands in the box */

/* One file, directory or socket of the host. */
struct lent {
	char *source; /* absolute, links resolved */
	char *target; /* inside */
	bool read_only, device;
	bool pinned; /* of a driver: the file itself, not a copy that follows what comes by its name */
};

struct lending {
	struct lent *v;
	size_t n;
	struct strv reach; /* lines for consent */
};

/* Adds one; false when the host has no such thing. */
bool lending_add(struct lending *l, const char *path, const char *target, bool read_only);
void lending_clear(struct lending *l);
#define cleanup_lending __attribute__((cleanup(lending_clear)))

#endif
