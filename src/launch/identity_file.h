/*
 * identity_file.h - the file that a call of box-root's names, where it is the box's own.
 */
#ifndef LAUNCH_IDENTITY_FILE_H
#define LAUNCH_IDENTITY_FILE_H

#include <limits.h>

#include "launch/identity_notice.h"
#include "launch/identity_tasks.h"

/* Once, in the supervisor: remembers which mounts are the box's own; changes the working directory. */
int files_prepare(struct files *f);

/* The path at an address of the caller's memory. False where there is none, or the caller has gone. */
bool file_read_path(const struct notice *c, uint64_t at, char ret[PATH_MAX]);

/*
 * Opens a file of the box's own (O_PATH): its root file system, /tmp, /run. path NULL: dirfd itself.
 * Returns a descriptor of the caller's, or -errno: EXDEV for all that lies elsewhere, EBADF without
 * such a dirfd. Waits for no other file system, so it deadlocks with nobody.
 */
int file_open(const struct supervisor *s, const struct notice *c, int dirfd, const char *path,
	      bool follow);

/* The caller's "/" is the box's: else an absolute path means another file. */
bool file_same_root(const struct supervisor *s, const struct notice *c);

#endif
