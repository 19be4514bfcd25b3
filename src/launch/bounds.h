/*
 * bounds.h - limits on what counts per user on the whole machine.
 */
#ifndef LAUNCH_BOUNDS_H
#define LAUNCH_BOUNDS_H

/*
 * Halves them for the box whose root is rootfd, with its own /proc mounted. The caller has
 * CAP_SYS_RESOURCE in the box's user namespace. What the kernel does not have is left out.
 */
void bounds_set(int rootfd);

#endif
