/*
 * namespaces.h - the namespaces that are made beside pid 1, while it builds its root.
 */
#ifndef LAUNCH_NAMESPACES_H
#define LAUNCH_NAMESPACES_H

#include "base/err.h"
#include "launch/plan.h"

/*
 * Makes the "you" user namespace and, where the plan has an own network, the network namespace
 * with its loopback up; both belong to the user namespace of the process behind pidfd. boot is
 * the launcher's end of the boot connection: MAPPED is awaited on it. *ret_net is -1 with the
 * host's network, *ret_box the box's own user namespace. The caller owns the descriptors.
 */
int namespaces_make(const struct plan *p, int pidfd, int boot, int *ret_box, int *ret_you,
		    int *ret_net, struct err *e);

/*
 * Bounds what the box may take of what its user has but a number of. Each of the files takes 70 us to open in a
 * new user namespace: to be called when pid 1 has all it waits for, and builds its root; before its first session begins. box: its
 * user namespace; by then pid 1 may be one that nobody can join.
 */
int namespaces_bound(int box, struct err *e);

#endif
