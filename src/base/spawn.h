/*
 * spawn.h - a program of the host: it is started, waited for, and its end is one number.
 */
#ifndef BASE_SPAWN_H
#define BASE_SPAWN_H

#include <stdbool.h>
#include <sys/types.h>

#include "base/buf.h"
#include "base/err.h"

#define SPAWN_SAME (-1) /* as this process has it */
#define SPAWN_NULL (-2) /* /dev/null */
#define SPAWN_FDS  5

struct spawn {
	const char *program;	 /* an absolute path; see spawn_find() */
	const char *const *argv; /* argv[0] first, NULL at the end */
	int fds[SPAWN_FDS]; /* what the program has as 0, 1, 2...; a descriptor beyond them, or as above */
	bool interruptible; /* SIGINT ends it, though this process ignores it */
};

#define SPAWN_ALL_SAME                                                     \
	{                                                                  \
		SPAWN_SAME, SPAWN_SAME, SPAWN_SAME, SPAWN_SAME, SPAWN_SAME \
	}

/*
 * Where a program of the host is: in a directory of the system, else of PATH, but not in the project that we
 * stand in, whose files are anybody's. The caller frees it; NULL: nowhere. A path is returned as it is.
 */
char *spawn_find(const char *name);

/* Starts it. -errno, with "cannot run 'program'", when it cannot be executed. */
int spawn_start(const struct spawn *s, pid_t *ret, struct err *e);

/* Waits for its end: its exit status, or 128+n when signal n ended it; -errno when it cannot be waited for. */
int spawn_wait(pid_t pid);

/* The same of a status that waitpid(2) gave. */
int spawn_status(int status);

/*
 * Appends what a program of the host, found by spawn_find(), writes to stdout; it has no stdin and no stderr.
 * It is waited for timeout_ms at most. False when it cannot be started, or writes max bytes or more.
 */
bool spawn_output(const char *const argv[], size_t max, int timeout_ms, struct buf *out);

#endif
