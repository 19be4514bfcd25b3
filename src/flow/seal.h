/*
 * seal.h - the flow behind `sandbox seal`: the environment of a project, prepared, as an image.
 */
#ifndef FLOW_SEAL_H
#define FLOW_SEAL_H

#include "base/err.h"
#include "config/settings.h"
#include "grant/reach.h"

struct seal_options {
	const char *project; /* as for enter */
	const char
		*name; /* of the image; NULL: the one that others look for in [sandbox] prebuilt */
	bool push, json;
	struct settings_request settings;
	struct reach_asker asker;
};

/* Prints the image's name and digest, and with push what the registry has now. */
int run_seal(struct seal_options *o, struct err *e);

#endif
