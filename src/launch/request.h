/*
 * request.h - what a client asks of pid 1, made into the message SESSION.
 */
#ifndef LAUNCH_REQUEST_H
#define LAUNCH_REQUEST_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/ioctl.h>
#include <sys/types.h>

#include "base/err.h"

#define CARRIED_MAX 16

/* A session whose root is not the box's; see tools.h. */
struct session_tools {
	int tree;	     /* from tools_make() */
	char *const *shared; /* absolute paths of the box, ends with NULL */
};

/* What the host has at this moment, for a box to follow; all of it may be left out. */
struct session_facts {
	char *names, *zone, *locale; /* as in struct settle_facts */
	char *others, *resolv_conf;  /* for etc_refresh(); NULL: the box has them already */
	void *terminfo, *authorities, *files; /* files: for files_refresh() */
	uint32_t terminfo_size, authorities_size, files_size;
};

/* What comes out of pipes of the session goes on to files of the caller, while the client waits. */
struct carried {
	struct carry {
		int from, to; /* a pipe that does not wait, -1: no more; a regular file */
		int error;    /* -errno of what could not be written */
	} v[CARRIED_MAX];
	size_t n;
};

/* Carries what is there, at most 64 KiB. 1: there may be more, 0: its end, or an error; -EAGAIN: not now. */
int carry_some(struct carry *c);

struct session_request {
	bool root; /* as box-root */
	const char
		*user;	 /* with root: to become this USER[:GROUP] of the box; NULL: to stay root */
	const char *cwd; /* absolute, inside the box */
	char *const *argv; /* ends with NULL; empty: the user's shell */
	char *const *envp; /* the whole environment, ends with NULL */
	bool detach;	   /* return as soon as the command is executed; no terminal, no stdin */
	const int *output; /* with detach: its stdout and stderr; NULL: they go nowhere */
	bool at_exit;	   /* with detach: kept until the box goes; the last one asked for counts */
	const struct session_tools *tools; /* NULL: the root is the box's */
	const struct session_facts *facts; /* NULL: none */
	mode_t umask;
	/* What to give in place of a descriptor of the caller's, or -errno; NULL: itself. */
	int (*narrow)(void *arg, int fd, struct err *e);
	void *narrow_arg;
	struct carried *carried; /* as narrow fills it, or NULL */
	bool *ret_last; /* unless NULL: did the box go with it, as a throw-away one does? */
	bool named_fds; /* the command gets inherited descriptors that argv names, see request.c */
};

/* What of the session's stdio is its pty. */
struct request_terminal {
	uint32_t fds;	 /* bit n: descriptor n */
	bool background; /* the command is not to have it before it asks */
	struct winsize size;
};

/*
 * Sends the request with the descriptors 0 to 2 that are no terminals. A descriptor that is a directory
 * is refused. *ret_report is the read end of the report pipe, the caller's to close. A peer that has
 * gone is no error: what it had to say is still to be read.
 */
int request_send(int connection, const struct session_request *req,
		 const struct request_terminal *terminal, int *ret_report, struct err *e);

#endif
