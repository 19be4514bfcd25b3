/*
 * payload.h - what a session is to run, as sent by its client (protocol.h has the layout).
 */
#ifndef LAUNCH_PAYLOAD_H
#define LAUNCH_PAYLOAD_H

#include <stdint.h>
#include <sys/types.h>

#include "base/err.h"
#include "launch/plan.h"
#include "launch/settle.h"

struct payload {
	char *data; /* holds all strings; the vectors are owned */
	const char *cwd;
	char **argv; /* NULL: the user's shell */
	char **envp;
	char **shared;	  /* paths of the box that the tools also see */
	const char *user; /* run as this user of the box; "": root */
	mode_t umask;
	struct settle_facts facts;
	struct plan_etc etc;
	const void *files; /* for files_refresh() */
	uint32_t files_size;
};

/*
 * Reads the file fd, at most PROTOCOL_MAX_PAYLOAD bytes. Trusts nothing in it: no string ends
 * outside it.
 */
int payload_read(int fd, struct payload *ret, struct err *e);

void payload_clear(struct payload *p);
#define cleanup_payload __attribute__((cleanup(payload_clear)))

#endif
