/*
 * copy_owner.h - the owner that --chown names.
 */
#ifndef BUILD_COPY_OWNER_H
#define BUILD_COPY_OWNER_H

#include "base/owner.h"
#include "build/copy_request.h"

/*
 * USER[:GROUP]: numbers, or names in /etc/passwd and /etc/group of the stage (NULL: it has none).
 * Without a group it is that of the user, and for a number the same number. A name that is missing
 * is root, and a warning says so.
 */
int copy_owner(const struct copy_tree *stage, const char *text, struct owner *ret, struct err *e);

/*
 * Is the directory, of a layer, a set-gid one? Then one that is made in it is so too, and has its
 * group if no owner is given for it.
 */
bool copy_owner_inherits(int dir, uint32_t *ret_gid);

#endif
