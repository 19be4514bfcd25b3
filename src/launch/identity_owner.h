/*
 * identity_owner.h - file owners as box-root sees them.
 */
#ifndef LAUNCH_IDENTITY_OWNER_H
#define LAUNCH_IDENTITY_OWNER_H

#include "base/owner.h"
#include "launch/identity_notice.h"
#include "launch/identity_tasks.h"

/* Reads the recorded owner of a file opened with O_PATH; the working directory is /proc/self/fd. */
bool identity_owner_read(int fd, struct owner *ret);
/* The same of a symlink or pipe. */
bool identity_owner_read_time(int fd, struct owner *ret);
void identity_owner_write(int fd, const struct owner *o);

/* Is the caller box-root itself, with the box's "/"? */
bool identity_owner_is_root(const struct supervisor *s, const struct notice *c);

/* May the caller have set-id bits recorded? In a build the users that root became may, too. */
bool identity_owner_may_set(const struct supervisor *s, const struct notice *c);

/*
 * Handles chown(2) and kin: records the owner, and reports success even where it cannot be
 * recorded.
 */
void identity_owner_chown(const struct supervisor *s, const struct notice *c);

/* Handles stat(2) and kin by path: reports the recorded owner to box-root. */
void identity_owner_stat(const struct supervisor *s, const struct notice *c);

#endif
