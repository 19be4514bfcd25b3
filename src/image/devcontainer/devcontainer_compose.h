/*
 * devcontainer_compose.h - a dev container that is a service of compose files.
 */
#ifndef IMAGE_DEVCONTAINER_DEVCONTAINER_COMPOSE_H
#define IMAGE_DEVCONTAINER_DEVCONTAINER_COMPOSE_H

#include "image/devcontainer/layers.h"

struct composing;

/*
 * The compose files that devcontainer.json names under dockerComposeFile, read and recorded; NULL:
 * it names none, or they are wrong, which is recorded. Release it with devcontainer_compose_free(),
 * after all that was made from it.
 */
struct composing *devcontainer_compose(struct merging *m, const struct layer_json *file);
void devcontainer_compose_free(struct composing *cs);

/* Does it name compose files? */
bool devcontainer_has_compose(const struct layer_json *file);

/*
 * The image of the project's own service, with the features of the file; it is set. NULL, with why
 * no box can be made. *ret_last, if it is built, is dockerfile_last(). The caller frees both.
 */
char *devcontainer_compose_image(struct composing *cs, const struct layer_json *file,
				 char **ret_last);

/* Where the project's own service has the project, or NULL; the caller frees it. */
char *devcontainer_compose_target(struct composing *cs);

/* The settings of the project's box and of its services, but for image and project directory. */
void devcontainer_compose_merge(struct composing *cs);

#endif
