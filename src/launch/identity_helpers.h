/*
 * identity_helpers.h - children of the supervisor, for calls that may have to wait.
 */
#ifndef LAUNCH_IDENTITY_HELPERS_H
#define LAUNCH_IDENTITY_HELPERS_H

#include <stdbool.h>
#include <sys/types.h>

#define MAX_HELPERS 32

/* Processes that answer one call each, which may have to wait for a file system. */
struct helpers {
	pid_t pids[MAX_HELPERS]; /* 0: free */
};

/* No further call may be taken: it waits in the kernel, as its caller does, until a helper has ended. */
bool helpers_busy(const struct helpers *h);

/* As fork(2). The caller has asked helpers_busy(). */
pid_t helper_fork(struct helpers *h);

/* A child of ours has ended; whether it was one of them does not matter. */
void helper_ended(struct helpers *h, pid_t pid);

#endif
