/*
 * identity_file.h - opening the file that a notified call names, if it is the box's own.
 */
#ifndef LAUNCH_IDENTITY_FILE_H
#define LAUNCH_IDENTITY_FILE_H

#include <limits.h>

#include "launch/identity_notice.h"
#include "launch/identity_tasks.h"

/*
 * Called once in the supervisor: remembers which mounts are the box's own; in a build, all are.
 * Changes the working directory.
 */
int identity_files_prepare(struct files *f, bool build);

/*
 * Reads the path at an address of the caller's memory. False if there is none, or the caller has
 * gone.
 */
bool identity_file_read_path(const struct notice *c, uint64_t at, char path[PATH_MAX]);

/*
 * Opens a file of the box's own (O_PATH): on its root file system, /tmp or /run. path NULL: dirfd
 * itself. Returns a descriptor, which the caller closes, or -errno: EXDEV for a file elsewhere,
 * EBADF for an invalid dirfd. Never waits for another file system, so it cannot deadlock with one.
 */
int identity_file_open(const struct supervisor *s, const struct notice *c, int dirfd,
		       const char *path, bool follow);

/* Opens a descriptor of the thread, or its working directory (AT_FDCWD), in the same way. */
int identity_file_descriptor(const struct supervisor *s, pid_t tid, int dirfd);

/* Is the caller's "/" that of the box? Otherwise an absolute path means another file. */
bool identity_file_same_root(const struct supervisor *s, const struct notice *c);

#endif
