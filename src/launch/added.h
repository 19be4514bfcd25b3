/*
 * added.h - mounts for a box that runs.
 */
#ifndef LAUNCH_ADDED_H
#define LAUNCH_ADDED_H

#include "base/err.h"
#include "launch/plan.h"

/*
 * One that is added: v[0] is a BIND, the others are made on top of what that shows, as in the plan of
 * a start.
 */
struct added_mount {
	struct plan_mount *v;
	size_t n;
};

/*
 * Adds them to the box whose pid 1 is at the other end of connection, which it uses up. All are made
 * before the first one is attached; from then on one may fail, whose target cannot be had, with the
 * earlier ones in place. staging: an empty directory of ours. Code in the box sees each with all that
 * is on top of it, or not at all. -ERR_RETRY: the box is ending, or is of a version that adds none.
 */
int added_attach(int connection, const char *staging, const struct added_mount *v, size_t n,
		 struct err *e);

#endif
