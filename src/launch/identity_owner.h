/*
 * identity_owner.h - whose a file is, to box-root.
 */
#ifndef LAUNCH_IDENTITY_OWNER_H
#define LAUNCH_IDENTITY_OWNER_H

#include "launch/identity_notice.h"
#include "launch/identity_tasks.h"

/* chown(2) and kin: notes the owner, and reports success where none can be noted. */
void owner_chown(const struct supervisor *s, const struct notice *c);

/* stat(2) and kin of a path: with the owner that was noted, to box-root. */
void owner_stat(const struct supervisor *s, const struct notice *c);

#endif
