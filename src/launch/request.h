/*
 * request.h - what a client asks of pid 1, and the message SESSION made from it.
 */
#ifndef LAUNCH_REQUEST_H
#define LAUNCH_REQUEST_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/ioctl.h>
#include <sys/types.h>

#include "base/err.h"

#define CARRIED_MAX 16

/* A session whose root is not that of the box; see tools.h. */
struct session_tools {
	int tree;	     /* from tools_make() */
	char *const *shared; /* absolute paths of the box, NULL-terminated */
};

/* Current facts of the host that the box follows; all are optional. */
struct session_facts {
	char *names, *zone, *locale; /* as in struct settle_facts */
	char *others, *resolv_conf;  /* for etc_refresh(); NULL: the box already has them */
	void *terminfo, *authorities, *files; /* files: for files_refresh() */
	uint32_t terminfo_size, authorities_size, files_size;
};

/* Pipes of the session whose content the client copies to the caller's files while it waits. */
struct carried {
	struct carry {
		int from, to; /* a non-blocking pipe, -1: ended; a regular file */
		int error;    /* -errno of a failed write */
	} v[CARRIED_MAX];
	size_t n;
};

/*
 * Copies what is available, at most 64 KiB. Returns 1 if there may be more, 0 at the end or after
 * an error, -EAGAIN if nothing is available now.
 */
int carry_some(struct carry *c);

struct session_request {
	bool root;	   /* as box-root */
	const char *user;  /* with root: become this USER[:GROUP] of the box; NULL: stay root */
	const char *cwd;   /* absolute, inside the box */
	char *const *argv; /* NULL-terminated; empty: the user's shell */
	char *const *envp; /* the whole environment, NULL-terminated */
	bool detach;	   /* return once the command is executed; no terminal, no stdin */
	const int *output; /* with detach: its stdout and stderr; NULL: discarded */
	bool at_exit;	   /* with detach: runs when the box ends; the last such request wins */
	const int *record; /* of what it is refused, watch_record.h; NULL: it is not watched */
	const struct session_tools *tools; /* NULL: the root is that of the box */
	const struct session_facts *facts; /* NULL: none */
	mode_t umask;
	/*
	 * Returns what to pass instead of a descriptor of the caller, or -errno. NULL: pass it as
	 * it is.
	 */
	int (*narrow)(void *arg, int fd, struct err *e);
	void *narrow_arg;
	struct carried *carried; /* filled by narrow, or NULL */
	bool *ret_last; /* if not NULL: did the box end with it, as a throw-away one does? */
	bool named_fds; /* the command inherits descriptors that argv names, see request.c */
	int pid1; /* the pidfd of the box that the caller has just started; -1: it runs already */
};

/* Which descriptors of the session are its pty. */
struct request_terminal {
	uint32_t fds;	 /* bit n: descriptor n */
	bool background; /* the command gets the terminal only when it asks */
	struct winsize size;
};

/*
 * Sends the request with those of descriptors 0 to 2 that are not terminals. Refuses a descriptor
 * that is a directory. *ret_report is the read end of the report pipe, which the caller closes. A
 * peer that has gone is not an error: its last message is still to be read.
 */
int request_send(int connection, const struct session_request *req,
		 const struct request_terminal *terminal, int *ret_report, struct err *e);

#endif
