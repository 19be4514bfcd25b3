/*
 * resolve.h - from a project's devcontainer.json to settings, in a flat file for the launcher.
 */
#ifndef IMAGE_DEVCONTAINER_RESOLVE_H
#define IMAGE_DEVCONTAINER_RESOLVE_H

#include "base/buf.h"
#include "image/name/conf.h"
#include "image/store/store.h"

struct resolve_request {
	const struct image_store *store;
	const struct image_conf *conf;
	const char *project; /* its directory, absolute */
	const char *config;  /* as find.h has it */
	const char *choice;  /* a file of the store for the name that is chosen, of several */
	const char *image;   /* what sandbox.ini or the caller names instead of its own; or "" */
};

/* Appends the text of the file; what is wrong in the project is in it. Never fails. */
void resolve_devcontainer(const struct resolve_request *req, struct buf *out);

#endif
