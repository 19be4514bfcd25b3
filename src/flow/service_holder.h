/*
 * service_holder.h - the process that holds the services of a project.
 *
 * It starts them in the order of their needs, starts them again as `restart` says, checks their
 * health, and writes the state (service_state.h). There is one a project, and it ends when no
 * service is left that runs or will run. Services do not depend on it: each is a box whose pid 1
 * lives by itself and notes how its command ended. So the holder may be killed at any time; the
 * next `up` takes over what runs.
 *
 *	SIGTERM		leave: end without ending the services, for another holder
 *	SIGUSR1		look again: a service was stopped by its user
 */
#ifndef FLOW_SERVICE_HOLDER_H
#define FLOW_SERVICE_HOLDER_H

#include "base/err.h"
#include "flow/service_start.h"
#include "flow/service_state.h"

struct holder_request {
	const struct store *store;
	const char *project;	  /* its directory */
	int dir;		  /* of services_state_open() */
	const char *mark;	  /* of service_box.h */
	struct service_run *runs; /* needed ones first */
	size_t n;
	const struct services_state *before; /* what another holder wrote last */
	pid_t guest; /* lingers: for a process that enters the project's box; or 0 */
};

/* Starts it, and returns once it holds the services. */
int holder_start(const struct holder_request *req, struct err *e);

/* Asks the holder to leave and waits until it has. No holder is fine. */
int holder_dismiss(int dir, struct err *e);

/* Tells it that a service was stopped. */
void holder_wake(int dir);

#endif
