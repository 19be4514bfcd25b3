/*
 * etc.h - the few lines of a box's /etc that have to name its user and its network.
 */
#ifndef LAUNCH_ETC_H
#define LAUNCH_ETC_H

#include "base/err.h"
#include "launch/plan.h"

/*
 * Brings /etc beneath rootfd in line with the plan: adds the user's passwd and group lines where
 * their id is missing, writes hosts where there is none, resolv.conf when it differs. A file of
 * the image that is no regular file, or is larger than 1 MiB, is an error and never waited for.
 * Called before anything is mounted beneath rootfd: its links can lead to no other file system.
 */
int etc_apply(int rootfd, const struct plan_etc *etc, struct err *e);

#endif
