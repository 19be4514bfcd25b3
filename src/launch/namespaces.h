/*
 * namespaces.h - namespaces that are made while pid 1 builds its root.
 */
#ifndef LAUNCH_NAMESPACES_H
#define LAUNCH_NAMESPACES_H

#include "base/err.h"
#include "launch/plan.h"
#include "launch/project.h"

/* What pid 1 gets. Descriptors, owned by whoever has the struct; -1: not made. */
struct namespaces {
	int you; /* the nested user namespace */
	int ipc;
	int net; /* the network namespace, or with a gateway the mount for /sys */
};

#define NAMESPACES_INIT ((struct namespaces){.you = -1, .ipc = -1, .net = -1})

/*
 * Makes the "you" user namespace, the ipc namespace, and what pid 1 needs of its network: with a
 * network of the plan's own, the namespace, with its loopback up; with a gateway, a detached mount
 * of sysfs that shows the network of `project` (else NULL), for /sys; with the host's, nothing. The
 * namespaces are owned by the user namespace of the process behind pidfd. boot is the launcher's end
 * of the boot connection; MAPPED is awaited on it, and without a project the namespaces are sent
 * on it, so that pid 1 can go on at once.
 */
int namespaces_make(const struct plan *p, const struct project *project, int pidfd, int boot,
		    struct namespaces *ret, struct err *e);

/* Gives them to pid 1. If that is gone, which is no failure here, it has left an ERROR to be read. */
int namespaces_send(const struct namespaces *n, int boot, struct err *e);

void namespaces_clear(struct namespaces *n);

#endif
