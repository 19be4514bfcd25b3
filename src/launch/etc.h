/*
 * etc.h - the users, groups, hosts and name servers that a box's /etc must contain.
 */
#ifndef LAUNCH_ETC_H
#define LAUNCH_ETC_H

#include <stdbool.h>

#include "base/err.h"
#include "launch/plan.h"

/*
 * Brings /etc beneath rootfd in line with the plan: adds what is missing in passwd, group, hosts
 * and nsswitch.conf (base/etc_text.h), and writes resolv.conf where it differs. A file that is not
 * regular, or a dangling symlink, is replaced without blocking on it; a file of more than 16 MiB is
 * an error. Called before anything is mounted beneath rootfd, so that symlinks cannot lead to
 * another file system.
 */
int etc_apply(int rootfd, const struct plan_etc *etc, const char *hostname, struct err *e);

/*
 * Does the same before an overlay is mounted: lower is its only layer, upper its new and empty
 * upper directory. Sets *ret_done to true; or leaves all to etc_apply(), if the overlay would have
 * to copy more of /etc than its mode. (Mounts beneath a layer, which would not be the box's, are no
 * concern: the kernel refuses such an overlay.)
 */
int etc_prepare(int lower, int upper, const struct plan_etc *etc, const char *hostname,
		bool *ret_done, struct err *e);

/*
 * Updates hosts and resolv.conf in the root of a running box, whose /etc is under the control of
 * code in it. No symlink is followed; an /etc that is a mount or not a directory is left alone, and
 * write errors are ignored.
 */
void etc_refresh(const struct plan_etc *etc);

#endif
