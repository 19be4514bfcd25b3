/*
 * seal.h - the flow of `sandbox seal`: the prepared environment of a project as an image.
 */
#ifndef FLOW_SEAL_H
#define FLOW_SEAL_H

#include "base/err.h"
#include "config/settings.h"
#include "grant/reach.h"

struct seal_options {
	const char *project; /* as for enter */
	const char *name;    /* of the image; NULL: the one that [sandbox] prebuilt looks for */
	bool push, json;
	struct settings_request settings;
	struct reach_asker asker;
};

/* Prints the image's name and digest, and with push what the registry has now. */
int seal_run(struct seal_options *o, struct err *e);

#endif
