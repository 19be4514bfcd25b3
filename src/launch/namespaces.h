/*
 * namespaces.h - namespaces that are made while pid 1 builds its root.
 */
#ifndef LAUNCH_NAMESPACES_H
#define LAUNCH_NAMESPACES_H

#include "base/err.h"
#include "launch/plan.h"

/*
 * In a helper (base/helper.h), which changes its namespaces: makes the "you" user namespace, the ipc
 * namespace, and what pid 1 needs of its network: with a network of the plan's own, the namespace,
 * with its loopback up; with a gateway, whose namespaces the helper is in, a detached mount of sysfs
 * that shows its network, for /sys; with the host's, nothing. The namespaces are owned by the user
 * namespace of the process behind pidfd. boot is the launcher's end of the boot connection: MAPPED is
 * awaited on it, and then they are sent to pid 1. If that is gone, which is no failure here, it has
 * left an ERROR to be read.
 */
int namespaces_make(const struct plan *p, int pidfd, int boot, struct err *e);

#endif
