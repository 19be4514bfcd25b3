/*
 * caps.h - which capabilities a session can have.
 */
#ifndef LAUNCH_CAPS_H
#define LAUNCH_CAPS_H

#include <stdbool.h>

#include "base/err.h"

/*
 * For box-root: reduces the bounding, permitted and effective sets to what package managers and
 * servers need over the box's own ids; inheritable and ambient become empty. host_root: without
 * CAP_SETFCAP, because file capabilities set by the host's root take effect on the host.
 */
int caps_drop_to_root(bool host_root, struct err *e);

/*
 * For pid 1, which never executes anything: the same effective set; permitted also has what the
 * identity supervisor needs. Its children drop further by the other functions.
 */
int caps_keep_root(bool host_root, struct err *e);

/*
 * For that supervisor: CAP_SYS_PTRACE and CAP_SETFCAP over the box, nothing else. caps_override()
 * makes CAP_DAC_OVERRIDE effective and takes it back.
 */
int caps_keep_identity(struct err *e);
void caps_override(bool on);

/* For a child of pid 1 that begins to trace a session, where Yama restricts tracers; it then drops. */
int caps_trace(bool host_root, struct err *e);

/* For you: every set is empty, and no execve(2) as uid 0 brings any back (securebits locked). */
int caps_drop_all(struct err *e);

#endif
