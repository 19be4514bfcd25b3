/*
 * idmap.h - writing the id maps of user namespaces.
 */
#ifndef BASE_IDMAP_H
#define BASE_IDMAP_H

#include <sys/types.h>

#include "base/err.h"

/*
 * Called by a process in a fresh user namespace, for itself: maps its one outer uid and gid to
 * inner_uid and inner_gid and denies setgroups(2), as user_namespaces(7) demands of the
 * unprivileged. outer ids are those of the parent namespace.
 */
int idmap_write(uid_t inner_uid, gid_t inner_gid, uid_t outer_uid, gid_t outer_gid, struct err *e);

#endif
