/*
 * upper.h - directories of an overlay that the kernel does not rename.
 */
#ifndef LAUNCH_UPPER_H
#define LAUNCH_UPPER_H

/*
 * Makes the directory name of the directory parent (a descriptor) one that rename(2) moves: a directory
 * that lies, wholly or in part, beneath the upper layer becomes one of the upper layer alone, with
 * all that is in it. One that can be renamed, and what is no directory of an overlay, stays as it
 * is. lock is a file: of all processes that use it one moves files at a time.
 *
 * 0, or -errno, and the tree is as it was; -EBUSY: something is mounted in it.
 */
int upper_make(int parent, const char *name, int lock);

#endif
