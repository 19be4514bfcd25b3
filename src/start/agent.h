/*
 * agent.h - the ssh agent of a session that joins a running box.
 *
 * The socket that was mounted at the start belongs to the agent of that login. Each login has
 * another agent, so a session that joins with another one gets its own socket, which its client
 * serves while it lasts.
 */
#ifndef START_AGENT_H
#define START_AGENT_H

#include "start/assembly.h"

struct agent {
	char *path; /* in the box, for SSH_AUTH_SOCK; NULL: the mounted one will do */
	char *name; /* in the box's directory of sockets */
	int dir;
	pid_t pid;
};

#define AGENT_INIT        \
	(struct agent)    \
	{                 \
		.dir = -1 \
	}

/* For a start: mounts the directory for such sockets, if the settings ask for the agent. */
int agent_mount(const struct assemble_request *req, struct assembly *a, struct err *e);

/* For the notes of a start: which agent was mounted. */
void agent_note(const struct assembly *a, struct buf *out);

/*
 * For a session that joins; notes: those of the start. On failure prints a note, and the session
 * has the mounted one.
 */
void agent_join(const struct store *st, const struct box *b, const char *notes,
		const struct settings *settings, struct agent *ret);
void agent_end(struct agent *agent);
#define cleanup_agent __attribute__((cleanup(agent_end)))

#endif
