/*
 * identity_owner.h - whose a file is, to box-root.
 */
#ifndef LAUNCH_IDENTITY_OWNER_H
#define LAUNCH_IDENTITY_OWNER_H

#include "base/owner.h"
#include "launch/identity_notice.h"
#include "launch/identity_tasks.h"

/* Of a file opened with O_PATH, where /proc/self/fd is the working directory: what is noted on it. */
bool owner_read(int fd, struct owner *ret);
void owner_write(int fd, const struct owner *o);

/* The caller is box-root itself, and its "/" is the box's. */
bool owner_is_root(const struct supervisor *s, const struct notice *c);

/* chown(2) and kin: notes the owner, and reports success where none can be noted. */
void owner_chown(const struct supervisor *s, const struct notice *c);

/* stat(2) and kin of a path: with the owner that was noted, to box-root. */
void owner_stat(const struct supervisor *s, const struct notice *c);

#endif
