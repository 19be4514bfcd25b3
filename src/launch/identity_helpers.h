/*
 * identity_helpers.h - children of the supervisor, for calls that may have to wait.
 */
#ifndef LAUNCH_IDENTITY_HELPERS_H
#define LAUNCH_IDENTITY_HELPERS_H

#include <sys/types.h>

#define MAX_HELPERS 32

/* Processes that answer one call each, which may have to wait for a file system. */
struct helpers {
	pid_t pids[MAX_HELPERS]; /* 0: free */
};

/* As fork(2); -1, too, when there are MAX_HELPERS already. */
pid_t helper_fork(struct helpers *h);

/* A child of ours has ended; whether it was one of them does not matter. */
void helper_ended(struct helpers *h, pid_t pid);

#endif
