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
 * host's network. The caller owns the descriptors. Bounds, too, what the box may take of what its user has
 * but a number of on the whole machine.
 */
int namespaces_make(const struct plan *p, int pidfd, int boot, int *ret_you, int *ret_net,
		    struct err *e);

#endif
