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
 * Pid 1, which never executes anything: the same permitted and effective sets. What its children
 * may have is settled by the two others.
 */
int caps_keep_root(bool host_root, struct err *e);

/* You: every set is empty, and no execve(2) as uid 0 brings any back (securebits locked). */
int caps_drop_all(struct err *e);

#endif
