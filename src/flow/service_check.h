/*
 * service_check.h - the health of a running service.
 *
 * A command, a port and a URL are checked from inside the service's box, by a session of their own,
 * so that no process of the host enters it and loopback is the service's. The log is read here.
 */
#ifndef FLOW_SERVICE_CHECK_H
#define FLOW_SERVICE_CHECK_H

#include <sys/types.h>

#include "box/box_log_read.h"
#include "config/service.h"
#include "flow/service_start.h"
#include "flow/service_state.h"

/* Times are clock_ms(). */
struct service_check {
	pid_t pid;	      /* of the check that runs, or 0 */
	long long deadline;   /* of that */
	long long next;	      /* when the next one is due */
	long long since;      /* when the service was started */
	long long since_real; /* when its box was, in ms since 1970: from then on its log counts */
	unsigned failures;    /* in a row */
	struct box_log_reader log;
};

/*
 * When a service was started, or was found running: it is being checked, unless it has no check.
 * pid1: that of its box.
 */
void service_check_begin(struct service_check *c, const struct service_run *run, pid_t pid1,
			 struct service_state *state);
/* Ends a check that runs. */
void service_check_end(struct service_check *c);

/*
 * Does what is due: starts a check, or kills one that takes too long. Returns true if the state has
 * changed; *timeout becomes the time until something is due, if that is sooner.
 */
bool service_check_advance(struct service_check *c, const struct store *s,
			   const struct service_run *run, const struct box *b,
			   struct service_state *state, long long *timeout);

/* The check with that pid has ended. Returns true if the state has changed. */
bool service_check_ended(struct service_check *c, const struct service_run *run, int status,
			 struct service_state *state);

#endif
