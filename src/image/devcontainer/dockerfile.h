/*
 * dockerfile.h - a dev container whose image is built: from a Dockerfile of the project, with
 * features, or both.
 */
#ifndef IMAGE_DEVCONTAINER_DOCKERFILE_H
#define IMAGE_DEVCONTAINER_DOCKERFILE_H

#include "image/devcontainer/layers.h"

/* Does the file name a Dockerfile, under `build` or by an old key? */
bool dockerfile_is_named(const struct layer_json *file);

/*
 * The name of the image, which depends on what is built: the text of the Dockerfile, target,
 * arguments, features. Without a Dockerfile these are installed in `image`. Records how it is built, and sets it, unless that is impossible: then NULL, and why no
 * box can be made. *ret_last is the name that the last build has set, whatever it built. The caller
 * frees both.
 */
char *dockerfile_image(struct merging *m, const struct layer_json *file, const char *image,
		       char **ret_last);

#endif
