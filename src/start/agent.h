/*
 * agent.h - the ssh agent of whoever joins a box that runs.
 *
 * The socket that was mounted at the start stays that of the agent of then. Each login has another, so a
 * session that joins with another agent has a socket of its own, that its client serves as long as it lasts.
 */
#ifndef START_AGENT_H
#define START_AGENT_H

#include "start/assembly.h"

struct agent {
	char *path; /* in the box, for SSH_AUTH_SOCK; NULL: what was mounted will do */
	char *name; /* in the box's directory of sockets */
	int dir;
	pid_t pid;
};

#define AGENT_INIT        \
	(struct agent)    \
	{                 \
		.dir = -1 \
	}

/* For a start: the directory for such sockets, as a mount, where the settings ask for the agent. */
int agent_mount(const struct assemble_request *req, struct assembly *a, struct err *e);

/* For the notes of a start: which agent was mounted. */
void agent_note(const struct assembly *a, struct buf *out);

/* For a session that joins; notes: of the start. When it cannot be had the session has what was mounted, with a note. */
void agent_join(const struct store *st, const struct box *b, const char *notes,
		const struct settings *settings, struct agent *ret);
void agent_end(struct agent *agent);
#define cleanup_agent __attribute__((cleanup(agent_end)))

#endif
