/*
 * prepare_request.h - what a project's environment is made from.
 */
#ifndef PREPARE_PREPARE_REQUEST_H
#define PREPARE_PREPARE_REQUEST_H

#include <stdbool.h>

#include "config/settings.h"
#include "prepare/recipe.h"
#include "rootfs/image.h"
#include "store/store.h"

struct prepare_request {
	const struct store *store;
	const struct settings *settings; /* of the project */
	struct recipe *recipe;
	/*
	 * NULL, or a lock to complete: packages that it lacks are installed even if their layer
	 * exists, and recorded in it, and the recipe is made again from it.
	 */
	struct lock_file *resolve;
	const struct image_root *root; /* what the steps start from; its lease is held */
	const char *image;	       /* its name, for messages */
	bool rescue;		       /* open a shell if a step fails */
};

#endif
