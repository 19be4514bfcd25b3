/*
 * mounted.h - the mount that a path is in, from what proc_pid_mountinfo(5) tells of a process.
 */
#ifndef LAUNCH_MOUNTED_H
#define LAUNCH_MOUNTED_H

#include <stdbool.h>
#include <sys/types.h>

#include "base/err.h"

struct mounted {
	char *at;
	bool read_only;
	char *place; /* the path on its file system, after the numbers of that */
};

void mounted_clear(struct mounted *m);
#define cleanup_mounted __attribute__((cleanup(mounted_clear)))

/* Of an absolute path as the process pid sees it. Symlinks in it are not followed. */
int mounted_find(pid_t pid, const char *path, struct mounted *ret, struct err *e);

#endif
