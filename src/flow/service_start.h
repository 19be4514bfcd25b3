/*
 * service_start.h - the box of one service: made by `up`, started by the holder.
 */
#ifndef FLOW_SERVICE_START_H
#define FLOW_SERVICE_START_H

#include "base/err.h"
#include "box/box.h"
#include "config/service.h"
#include "flow/service_health.h"
#include "flow/service_settings.h"

/* The project that services belong to. */
struct service_project {
	const struct store *store;
	const struct settings *settings;
	const char *dir, *mark; /* its directory, and that directory's folder_mark() */
	const char *name;	/* the beginning of its services' names */
	bool builds;		/* images that are built are built again */
};

/* A service with its box. */
struct service_run {
	const struct service *service;
	struct service_settings own;
	struct strv granted; /* of the host, a moment ago */
	struct strv volumes; /* ids, one for each of own.volumes */
	char *user;	     /* as in struct service_tie */
	struct service_checks checks;
	unsigned long long hash; /* service_settings_hash() */
	char id[BOX_ID_LEN + 1]; /* of the box; "" before service_make_box() */
};

void service_run_clear(struct service_run *run);

/*
 * Finds or makes the box and its volumes; pulls the image. A box of another image is removed first,
 * with a running service in it stopped. run->own and run->granted are set.
 */
int service_make_box(const struct service_project *p, struct service_run *run, struct err *e);

/* Starts the service and returns when its command has been executed. */
int service_boot(const struct store *s, struct service_run *run, struct err *e);

/* How the last command of a box ended (proc.h), from the notes of its start; -1: unknown. */
int service_exit_status(const struct box *b);

#endif
