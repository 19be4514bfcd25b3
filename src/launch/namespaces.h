/*
 * namespaces.h - namespaces that are made while pid 1 builds its root.
 */
#ifndef LAUNCH_NAMESPACES_H
#define LAUNCH_NAMESPACES_H

#include "base/err.h"
#include "launch/plan.h"
#include "launch/project.h"

/*
 * Makes the "you" user namespace and what pid 1 needs of its network: with a network of the plan's
 * own, the namespace, with its loopback up; with a gateway, a detached mount of sysfs that shows
 * the network of `project` (else NULL), for /sys; with the host's, nothing, -1. The namespaces are
 * owned by the user namespace of the process behind pidfd. boot is the launcher's end of the boot
 * connection; MAPPED is awaited on it. The caller owns the descriptors. Also limits the box's share
 * of resources that are counted per user on the whole machine.
 */
int namespaces_make(const struct plan *p, const struct project *project, int pidfd, int boot,
		    int *ret_you, int *ret_net, struct err *e);

#endif
