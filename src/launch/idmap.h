/*
 * idmap.h - who is who: the box's user namespace and the "you" namespace nested in it.
 */
#ifndef LAUNCH_IDMAP_H
#define LAUNCH_IDMAP_H

#include <stdbool.h>
#include <sys/types.h>

#include "base/err.h"

/*
 * Called by a process in a fresh user namespace about itself: maps id 0 of the namespace to the
 * one id it has outside, with setgroups(2) denied as user_namespaces(7) demands of the unprivileged.
 */
int idmap_write_single(uid_t outer_uid, gid_t outer_gid, struct err *e);

/*
 * Called by the launcher about a child in a fresh user namespace: maps 0 to the caller and 1..n to
 * the caller's range in /etc/subuid and /etc/subgid, with newuidmap(1) and newgidmap(1).
 */
int idmap_write_subid(pid_t child, struct err *e);

/*
 * Makes the "you" namespace as a child of the current one: uid and gid inside mean box-root
 * outside; with subid the ids below and above keep their place. Returns it as a descriptor.
 * Must run before the process stops being dumpable: its /proc/self is root's from then on.
 */
int idmap_make_you(uid_t uid, gid_t gid, bool subid, int *ret_fd, struct err *e);

#endif
