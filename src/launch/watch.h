/*
 * watch.h - a session that is watched: what it and its descendants are refused is recorded.
 */
#ifndef LAUNCH_WATCH_H
#define LAUNCH_WATCH_H

#include "base/err.h"

/* Takes the rights of the session, in the watcher. */
typedef int watch_become(void *arg, struct err *e);

/*
 * Begins to watch this process, which is a copy of pid 1 and has all its rights: starts a watcher,
 * a child of pid 1, which traces it and its descendants from now on, and ends after the last.
 * record is from watch_record_make().
 */
int watch_start(int record, bool host_root, watch_become *become, void *arg, struct err *e);

/* Before the session's own filter with these flags, which come into force with the execve. */
int watch_confine(unsigned int flags, struct err *e);

#endif
