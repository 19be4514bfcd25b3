/*
 * session.h - one command or shell that pid 1 starts inside the box.
 */
#ifndef LAUNCH_SESSION_H
#define LAUNCH_SESSION_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "launch/protocol.h"

/* How sessions of this box are confined; never changes during its life. */
struct session_policy {
	int you_userns;		/* the "you" user namespace */
	bool host_root;		/* box-root is the host's root outside */
	int identity;		/* socket to the identity supervisor, or -1 */
	bool host_names;	/* its hosts and resolv.conf follow those of the host */
	unsigned seccomp_flags; /* all but SECCOMP_ROOT and SECCOMP_IDENTITY */
};

/*
 * One request, as received. The descriptors belong to the session; -1 where a terminal replaces
 * them.
 */
struct session {
	uint32_t flags; /* enum session_flags */
	uint32_t terminals;
	int payload; /* memfd */
	int report;
	int record; /* SESSION_WATCHED: of its refusals, watch_record.h */
	int tools;  /* SESSION_TOOLS: the detached mount that becomes its root */
	int stdio[3];
	int more[PROTOCOL_MAX_MORE];	    /* -1: none */
	uint8_t more_at[PROTOCOL_MAX_MORE]; /* their descriptor numbers in the command */
	int connection;			    /* where STOPPED is reported */
	int master;			    /* of the session's pty, or -1 */
};

#define SESSION_INIT                                                                           \
	(struct session)                                                                       \
	{                                                                                      \
		.payload = -1, .report = -1, .record = -1, .tools = -1, .stdio = {-1, -1, -1}, \
		.connection = -1, .more = {-1, -1, -1, -1, -1, -1, -1, -1}, .master = -1,      \
	}

/*
 * Forks the session's process, which becomes the leader of a session and group. Returns its pid, or
 * -errno. In the child, failures are reported on the report pipe, then it exits with 125 to 127.
 */
pid_t session_start(const struct session_policy *policy, const struct session *s);

/*
 * The same without a copy of pid 1's memory: the process shares it, and pid 1 waits, until it
 * executes (vfork). If the launcher is killed meanwhile, pid 1 is too. Not with a terminal.
 */
pid_t session_start_waiting(const struct session_policy *policy, const struct session *s);

#endif
