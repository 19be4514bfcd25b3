/*
 * narrow.h - what of the caller's files a session gets: as much as they were opened for.
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
	int fd;	      /* what is given in its place, ours */
	int opened;   /* reads from where the caller's file is, which is to follow; -1: a pipe */
	pid_t pump;   /* carries between the pipe and the file, or 0 */
	bool carries; /* the client does */
};

/* Zeroed to begin with. */
struct narrowed {
	struct narrow_file v[NARROW_MAX];
	size_t n;
	struct carried carried; /* for the session's request */
};

/*
 * A descriptor to give in place of fd: fd itself where a reopened one gives no more, or one of n's.
 * Returns -errno where it must not be given, or nothing can be made for it.
 */
int narrow_give(struct narrowed *n, int fd, struct err *e);

/*
 * The session has ended: what it wrote is in the files, unless something of it still writes; what it read
 * is read of the caller's. r: how it went, 0 or an error in *e. Returns that, or that something could not be
 * written.
 */
int narrow_end(struct narrowed *n, int r, struct err *e);

#endif
