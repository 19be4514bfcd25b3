/*
 * narrow.h - passing the caller's files to a session with no more access than they were opened
 * with.
 */
#ifndef LAUNCH_NARROW_H
#define LAUNCH_NARROW_H

#include <stddef.h>
#include <sys/types.h>

#include "base/err.h"
#include "launch/request.h"

#define NARROW_MAX CARRIED_MAX

struct narrow_file {
	int from;     /* the caller's descriptor */
	int fd;	      /* what is passed instead; owned */
	int opened;   /* reopened read-only; its offset is copied back to from; -1: a pipe */
	pid_t pump;   /* process that copies between pipe and file, or 0 */
	bool carries; /* the client itself copies */
};

/* Must be zero-initialized. */
struct narrowed {
	struct narrow_file v[NARROW_MAX];
	size_t n;
	struct carried carried; /* for the session's request */
};

/*
 * Returns the descriptor to pass instead of fd: fd itself if reopening it gives no more access, or
 * one that n owns. -errno if it must not be passed, or no replacement can be made.
 */
int narrow_give(struct narrowed *n, int fd, struct err *e);

/*
 * Call after the session: finishes writing to the files, unless something of the session still
 * writes, and moves the offsets of files that were read. r: the session's result, 0 or an error in
 * *e. Returns r, or the error of a failed write.
 */
int narrow_end(struct narrowed *n, int r, struct err *e);

#endif
