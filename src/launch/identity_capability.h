/*
 * identity_capability.h - the capabilities of files, in a box that builds an image.
 */
#ifndef LAUNCH_IDENTITY_CAPABILITY_H
#define LAUNCH_IDENTITY_CAPABILITY_H

#include "base/capability.h"
#include "launch/identity_notice.h"
#include "launch/identity_tasks.h"

/* Handles getxattr(2), setxattr(2), removexattr(2) and kin. */
void identity_capability_answer(const struct supervisor *s, const struct notice *c);

/*
 * Reads the mark of a file opened with O_PATH, whether it holds or not, and the file's attributes;
 * the working directory is /proc/self/fd. False: it has none.
 */
bool identity_capability_read(int fd, struct capability *ret, struct stat *ret_st);

/* Writes the mark, with the time that the file has now; !held: removes it. 0 or -errno. */
int identity_capability_write(int fd, struct capability *c, bool held);

#endif
