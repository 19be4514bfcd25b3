/*
 * bounds.h - limits on what counts per user on the whole machine.
 */
#ifndef LAUNCH_BOUNDS_H
#define LAUNCH_BOUNDS_H

/*
 * Sets them to half the machine's limits for the box whose root is rootfd, with its own /proc
 * mounted. The caller needs CAP_SYS_RESOURCE in the box's user namespace. Limits that the kernel
 * does not have are skipped.
 */
void bounds_set(int rootfd);

#endif
