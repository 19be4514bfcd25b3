/*
 * namespaces.h - namespaces that are made while pid 1 builds its root.
 */
#ifndef LAUNCH_NAMESPACES_H
#define LAUNCH_NAMESPACES_H

#include "base/err.h"
#include "launch/plan.h"

/*
 * Makes the "you" user namespace and, if the plan has its own network, the network namespace with
 * its loopback up; both are owned by the user namespace of the process behind pidfd. boot is the
 * launcher's end of the boot connection; MAPPED is awaited on it. *ret_net is -1 with the host's
 * network. The caller owns the descriptors. Also limits the box's share of resources that are
 * counted per user on the whole machine.
 */
int namespaces_make(const struct plan *p, int pidfd, int boot, int *ret_you, int *ret_net,
		    struct err *e);

#endif
