/*
 * etc.h - what a box promises of names, users, groups and servers, in the files of its /etc.
 */
#ifndef LAUNCH_ETC_H
#define LAUNCH_ETC_H

#include "base/err.h"
#include "launch/plan.h"

/*
 * Brings /etc beneath rootfd in line with the plan: what is missing of passwd, group, hosts and
 * nsswitch.conf is put in (base/etc_text.h), resolv.conf is written where it differs. What is no regular
 * file, or a link that leads nowhere, is replaced and never waited for; a file of more than 16 MiB is an error.
 * Called before anything is mounted beneath rootfd: its links can lead to no other file system.
 */
int etc_apply(int rootfd, const struct plan_etc *etc, const char *hostname, struct err *e);

/*
 * hosts and resolv.conf again, in the root of a box that runs, whose /etc is written by code in it: no link
 * is followed, and an /etc that is a mount or no directory is left alone, as is what cannot be written.
 */
void etc_refresh(const struct plan_etc *etc);

#endif
