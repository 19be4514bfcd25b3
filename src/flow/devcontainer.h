/*
 * devcontainer.h - what a devcontainer.json needs on the host before its box is made or started.
 */
#ifndef FLOW_DEVCONTAINER_H
#define FLOW_DEVCONTAINER_H

#include "base/err.h"
#include "config/settings.h"
#include "grant/reach.h"

struct devcontainer_request {
	const struct store *store;
	const struct settings_request *load; /* how the settings were loaded */
	const struct box *box;		     /* that consent is kept with; or NULL */
	const char *home;		     /* of the user inside */
	const struct reach_asker *asker;
	struct strv *granted; /* what the user agreed to; gets what is asked for here */
	bool trial;	      /* nothing is run on the host */
	bool again;	      /* --initialize: what has run is asked for, and run, once more */
	bool rescue;	      /* a command that fails is no error */
};

/*
 * Before a box is made or started: asks for the command that [hooks] initialize, or
 * initializeCommand, runs on the host, and runs it, unless the box was started with the same command
 * and scripts before. *settings are then loaded again: what it has written may belong to them.
 */
int devcontainer_initialize(const struct devcontainer_request *req, struct settings *settings,
			    struct err *e);

/*
 * Before a box is made: provides the image. If its label was not known before, *settings are loaded
 * again, and what that adds is asked for.
 */
int devcontainer_prepare(const struct devcontainer_request *req, struct settings *settings,
			 struct err *e);

#endif
