/*
 * landlock.h - the one Landlock domain of a box that shares the host's network.
 */
#ifndef LAUNCH_LANDLOCK_H
#define LAUNCH_LANDLOCK_H

#include <stdbool.h>

#include "base/err.h"

/*
 * Puts the calling process and its children into a domain that cannot connect to abstract sockets
 * outside it or signal processes outside it (Linux 6.12, Landlock ABI 6). Returns 1 if it did, 0 if
 * the kernel has no such scopes.
 */
int landlock_scope(struct err *e);

/* Does this kernel have them? */
bool landlock_scopes(void);

/* The ABI version of this kernel's Landlock; 0 without it; landlock_create_ruleset(2). */
int landlock_abi(void);

#endif
