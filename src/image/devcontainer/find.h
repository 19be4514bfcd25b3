/*
 * find.h - which devcontainer.json of a project is meant.
 */
#ifndef IMAGE_DEVCONTAINER_FIND_H
#define IMAGE_DEVCONTAINER_FIND_H

#include "image/devcontainer/resolution.h"

/*
 * .devcontainer/devcontainer.json, .devcontainer.json, or .devcontainer/NAME/devcontainer.json if
 * there is one NAME, or config is NAME; a word such as "yes" names none. Otherwise config may be the
 * path of a Dockerfile of the project. Records all that was looked at. *ret is NULL if there is
 * none; the caller frees it. ERR_USAGE: there are several, or none of that name.
 */
int find_devcontainer(struct resolution *r, const char *config, char **ret, struct err *e);

/* Is what was found a Dockerfile? */
bool find_is_dockerfile(const char *path);

#endif
