/*
 * start.h - starting a box from a plan.
 */
#ifndef LAUNCH_START_H
#define LAUNCH_START_H

#include "base/err.h"
#include "launch/plan.h"

struct started_box {
	pid_t pid;	 /* of pid 1, in the host's numbering */
	int pidfd;	 /* readable once pid 1 and all its namespaces are gone */
	int boot_fd;	 /* the first connection: speaks protocol.h like any other */
	unsigned number; /* with a gateway: its address is 10.0.2.NUMBER */
};

/*
 * Starts the box's pid 1 and returns at once, while pid 1 still builds its root. Whether that works
 * is reported on boot_fd: the answer to a first SESSION is ACCEPTED, or ERROR, after which pid 1 is
 * gone. The caller owns both descriptors. Closing boot_fd without asking for a session ends the
 * box, unless another client has connected meanwhile.
 */
int start_box(const struct plan *p, struct started_box *ret, struct err *e);

/* To be called before a session is asked for: returns when the network is up. Sets box->number. */
int start_wait(const struct plan *p, struct started_box *box, struct err *e);

#endif
