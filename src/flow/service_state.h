/*
 * service_state.h - what the services of a project do, as their holder wrote it last.
 *
 *	DATA/services/<mark>/		mark: folder_mark() of the project's directory
 *		lock			held by the holder while it lives; contains its pid
 *		state			a line a service
 *		given			what of the host boxes had that `down` has removed
 *
 * The directory itself is locked while a command changes which services run.
 */
#ifndef FLOW_SERVICE_STATE_H
#define FLOW_SERVICE_STATE_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "base/err.h"
#include "store/store.h"

enum service_status {
	SERVICE_WAITING, /* for those that it needs */
	SERVICE_STARTING,
	SERVICE_RUNNING,
	SERVICE_RESTARTING, /* has ended, and is started again in a moment */
	SERVICE_EXITED,
	SERVICE_STOPPED, /* by its user */
	SERVICE_FAILED,	 /* could not be started */
	N_SERVICE_STATUS
};

enum service_healthy {
	SERVICE_UNCHECKED, /* there is no check */
	SERVICE_CHECKING,  /* neither healthy nor unhealthy yet */
	SERVICE_HEALTHY,
	SERVICE_UNHEALTHY,
	N_SERVICE_HEALTHY
};

struct service_state {
	char *name;
	enum service_status status;
	enum service_healthy healthy;
	unsigned restarts;
	int exit;	 /* of proc.h: how it last ended; -1: it has not, or that is unknown */
	long long since; /* ms since 1970, of the status */
	unsigned long long hash; /* of the settings that it was started with */
	unsigned depth;		 /* above all that it needs: the deepest are stopped first */
	long stop_ms;		 /* how long it may take to stop */
	char *error;		 /* why it failed, or NULL */
};

struct services_state {
	char *project; /* where it was */
	bool lingers;  /* they end with the project's box */
	struct service_state *v;
	size_t n;
};

void services_state_clear(struct services_state *s);
#define cleanup_services_state __attribute__((cleanup(services_state_clear)))

const char *service_status_word(enum service_status status);
const char *service_healthy_word(enum service_healthy healthy); /* "" for SERVICE_UNCHECKED */

/* Opens the directory; -ENOENT: no service of the project was ever started, unless make. */
int services_state_open(const struct store *s, const char *mark, bool make, int *ret_fd,
			struct err *e);

/* The error of a project without services. */
int services_state_none(struct err *e);

/* -ENOENT: there is none yet. */
int services_state_read(int dirfd, struct services_state *ret, struct err *e);
int services_state_write(int dirfd, const struct services_state *s, struct err *e);
struct service_state *services_state_find(const struct services_state *s, const char *name);

/* The holder takes its lock; -EBUSY: there is another one. */
int services_state_hold(int dirfd, int *ret_lock, struct err *e);
/* A pidfd of the holder, or -1: there is none. */
int services_state_holder(int dirfd, pid_t *ret_pid);

/*
 * What of the host the services were given, for the boxes that the next `up` makes: consent is the
 * project's. write replaces it; read appends its lines, if there are any.
 */
int services_state_given_write(int dirfd, const struct strv *lines, struct err *e);
int services_state_given_read(int dirfd, struct strv *out, struct err *e);

#endif
