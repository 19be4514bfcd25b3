/*
 * spawn.h - starting programs of the host and waiting for them; how they ended is one number.
 */
#ifndef BASE_SPAWN_H
#define BASE_SPAWN_H

#include <stdbool.h>
#include <sys/types.h>

#include "base/buf.h"
#include "base/err.h"

#define SPAWN_SAME (-1) /* the one of this process */
#define SPAWN_NULL (-2) /* /dev/null */
#define SPAWN_FDS  8

struct spawn {
	const char *program;	 /* absolute path; see spawn_find() */
	const char *const *argv; /* argv[0] first, NULL at the end */
	const char *const *envp; /* NULL: the environment of this process */
	int fds[SPAWN_FDS];	 /* descriptors 0, 1, 2...: one above those, or a value above */
	bool interruptible;	 /* SIGINT ends it even if this process ignores SIGINT */
};

#define SPAWN_ALL_SAME                                                                  \
	{                                                                               \
		SPAWN_SAME, SPAWN_SAME, SPAWN_SAME, SPAWN_SAME, SPAWN_SAME, SPAWN_SAME, \
			SPAWN_SAME, SPAWN_SAME                                          \
	}

/*
 * Finds a program of the host: in the system's directories, then in PATH, but never in the project
 * that we are in, whose files are untrusted. The caller frees it; NULL if not found. A path is
 * returned as it is.
 */
char *spawn_find(const char *name);

/* Starts the program. Returns -errno ("cannot run 'program'") if it cannot be executed. */
int spawn_start(const struct spawn *s, pid_t *ret, struct err *e);

/*
 * Waits for it to end. Returns its exit status, 128+n if signal n killed it, or -errno if it cannot
 * be waited for.
 */
int spawn_wait(pid_t pid);

/* The same from a status of waitpid(2). */
int spawn_status(int status);

/*
 * Appends what a program of the host, found by spawn_find(), writes to stdout; its stdin and stderr
 * are /dev/null. Waits timeout_ms at most. False if it cannot be started or writes max bytes or
 * more.
 */
bool spawn_output(const char *const argv[], size_t max, int timeout_ms, struct buf *out);

#endif
