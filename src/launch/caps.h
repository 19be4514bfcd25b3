/*
 * caps.h - which capabilities a session may ever have.
 */
#ifndef LAUNCH_CAPS_H
#define LAUNCH_CAPS_H

#include <stdbool.h>

#include "base/err.h"

/*
 * Box-root: the bounding, permitted and effective sets shrink to what package managers and
 * servers need over the box's own ids; inheritable and ambient are empty. host_root: without
 * CAP_SETFCAP, because file capabilities set by the host's root hold on the host.
 */
int caps_drop_to_root(bool host_root, struct err *e);

/*
 * Pid 1, which never executes anything: the same effective set, and permitted besides what the supervisor of
 * identities needs. What its children may have is settled by the others.
 */
int caps_keep_root(bool host_root, struct err *e);

/*
 * That supervisor: CAP_SYS_PTRACE and CAP_SETFCAP over the box, and nothing else, but that
 * caps_override() makes CAP_DAC_OVERRIDE effective, and takes it back.
 */
int caps_keep_identity(struct err *e);
void caps_override(bool on);

/* You: every set is empty, and no execve(2) as uid 0 brings any back (securebits locked). */
int caps_drop_all(struct err *e);

#endif
