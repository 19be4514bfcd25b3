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
};

/*
 * Before a box is made: runs initializeCommand, then provides the image. If its label was not known
 * before, *settings are loaded again, and what that adds is asked for.
 */
int devcontainer_prepare(const struct devcontainer_request *req, struct settings *settings,
			 struct err *e);

/* Before each start: asks for initializeCommand, unless that was agreed to, and runs it. */
int devcontainer_initialize(const struct devcontainer_request *req, struct settings *settings,
			    struct err *e);

#endif
