/*
 * upper.h - renaming directories of an overlay that the kernel refuses to rename.
 */
#ifndef LAUNCH_UPPER_H
#define LAUNCH_UPPER_H

/*
 * Makes the directory name in parent (a descriptor) one that rename(2) accepts: a directory that is
 * wholly or partly in a lower layer is moved into the upper layer with everything in it. One that
 * can be renamed already, and anything but a directory of an overlay, is left alone. lock is a
 * file: among all processes that use it, one at a time moves files.
 *
 * Returns 0, or -errno with the tree as it was; -EBUSY: something is mounted in it.
 */
int upper_make(int parent, const char *name, int lock);

#endif
