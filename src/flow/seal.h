/*
 * seal.h - the flow of `sandbox seal`: the prepared environment of a project as an image.
 */
#ifndef FLOW_SEAL_H
#define FLOW_SEAL_H

#include "base/buf.h"
#include "base/err.h"
#include "config/settings.h"
#include "grant/reach.h"

struct seal_options {
	const char *project; /* as for enter */
	const char *name;    /* of the image; NULL: the one that [sandbox] prebuilt looks for */
	bool json;	     /* write the text as JSON */
	struct settings_request settings;
	struct reach_asker asker;
};

/*
 * Makes the image. Appends its name to names, after that of the image that a dev container is built
 * as, which is needed to find it; and its name and digest, as a text for the user, to text.
 */
int seal_run(struct seal_options *o, struct strv *names, struct buf *text, struct err *e);

#endif
