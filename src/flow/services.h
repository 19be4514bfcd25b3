/*
 * services.h - the flows of up, down, stop, restart and wait, and what ps shows.
 */
#ifndef FLOW_SERVICES_H
#define FLOW_SERVICES_H

#include "base/err.h"
#include "base/mem.h"
#include "box/box.h"
#include "config/settings.h"
#include "flow/service_state.h"
#include "grant/reach_line.h"

struct up_options {
	const char *project;	  /* box, directory, or NULL: the current directory's project */
	char *const *words;	  /* names of services, NULL-terminated; NULL or empty: all */
	struct strv with;	  /* profiles of services */
	bool again;		  /* restart: those that run are stopped first */
	bool builds;		  /* images that are built are built again */
	bool lingers;		  /* they end with the project's box, which this process enters */
	struct reach_asker asker; /* for what they ask for of the host */
	struct settings_request settings;
};

/* Services of a project, found again by name. */
struct service_group {
	struct store store;
	int dir;	   /* of services_state_open(), or -1 */
	char *project;	   /* its directory */
	char *mark;	   /* folder_mark() of that */
	struct strv names; /* in the order in which they start */
	long long since;   /* ms since 1970, when they were started */
};

#define SERVICE_GROUP_INIT                      \
	{                                       \
		.store = STORE_INIT, .dir = -1, \
	}

/* Opens the store and finds the project; for the others. */
int service_group_open(const char *project, struct service_group *ret, struct err *e);
/* One command at a time changes which services run; until *ret_fd is closed. */
int services_lock(const struct service_group *g, int *ret_fd, struct err *e);

void service_group_clear(struct service_group *g);
#define cleanup_service_group __attribute__((cleanup(service_group_clear)))

/*
 * Starts the services and what they need, or takes over those that run; returns when a process
 * holds them. *ret are those that were asked for, with what they need. Clear *ret on failure too.
 */
int service_up(struct up_options *o, struct service_group *ret, struct err *e);

/*
 * Finds the project and those of its services that words name; none: all that were ever started.
 * -ENOENT: a word that is no service of the project.
 */
int services_group(const char *project, char *const *words, struct service_group *ret,
		   struct err *e);

/*
 * What they do now: the state, corrected by what their boxes say. *ret_held: a holder lives. In the
 * order of g->names; a service that never started is missing.
 */
int services_look(const struct service_group *g, struct services_state *ret, bool *ret_held,
		  struct err *e);

/*
 * The same for who waits for a change. -ERR_RETRY: nobody holds them because another command is at
 * it, such as a second `up`, which replaces the holder.
 */
int services_look_settled(const struct service_group *g, struct services_state *ret, struct err *e);

/*
 * Until each one is started, and with healthy has passed its check if it has one; or until one of
 * them cannot become so, which is an error.
 */
int services_wait_started(const struct service_group *g, bool healthy, struct err *e);

/* Until none of them runs or will run. *ret_status is how the last one in the list ended. */
int services_wait_ended(const struct service_group *g, int *ret_status, struct err *e);

/* Stops them, the deepest first. ms -1: each has its own time. */
int services_stop(const struct service_group *g, long ms, struct err *e);

/* Stops and removes their boxes; with volumes, all volumes of the project too. */
int services_down(const struct service_group *g, long ms, bool volumes, struct err *e);

/* All volumes of the project that no box has. */
int services_remove_volumes(const struct service_group *g, struct err *e);

/* Tells the holder of a service's box, if there is one, that the user stops it: `sandbox stop`. */
int services_note_stop(const struct store *s, const struct box *b, struct err *e);

/* What the service of a box does, as services_look(); -ENOENT: its state is not known. */
int services_look_box(const struct store *s, const struct box *b, struct services_state *ret,
		      bool *ret_held, struct err *e);

#endif
