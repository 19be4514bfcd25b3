/*
 * local_image.h - what an image of the store says, for a resolution.
 */
#ifndef IMAGE_DEVCONTAINER_LOCAL_IMAGE_H
#define IMAGE_DEVCONTAINER_LOCAL_IMAGE_H

#include "image/devcontainer/layers.h"
#include "image/document/image_config.h"

/*
 * The config of an image. What its name means is recorded: it changes with each pull. 1; 0: it is
 * not here; or an error. The caller clears *ret.
 */
int local_image_config(const struct merging *m, const char *image, struct image_config *ret,
		       struct err *e);

#endif
