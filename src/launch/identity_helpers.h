/*
 * identity_helpers.h - children of the supervisor, for calls that may block.
 */
#ifndef LAUNCH_IDENTITY_HELPERS_H
#define LAUNCH_IDENTITY_HELPERS_H

#include <stdbool.h>
#include <sys/types.h>

#define MAX_HELPERS 32

/* Processes that answer one call each and may block on a file system. */
struct helpers {
	pid_t pids[MAX_HELPERS]; /* 0: free */
};

/*
 * Are all helpers in use? Then further calls wait in the kernel, with their callers, until a helper
 * has ended.
 */
bool helpers_busy(const struct helpers *h);

/* As fork(2). Check helpers_busy() first. */
pid_t helper_fork(struct helpers *h);

/* A child has ended; it need not be a helper. */
void helper_ended(struct helpers *h, pid_t pid);

#endif
