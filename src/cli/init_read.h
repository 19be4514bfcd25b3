/*
 * init_read.h - files of other tools that say what a project needs.
 */
#ifndef CLI_INIT_READ_H
#define CLI_INIT_READ_H

#include "cli/init_guess.h"

/* Each adds what it finds to the guess; a file that is not there, or cannot be read, adds nothing. */

/* .tool-versions of asdf and mise. */
void init_read_tool_versions(int dirfd, struct init_guess *g);

/* The image that the last stage of a Dockerfile or Containerfile begins with. */
void init_read_dockerfile(int dirfd, struct init_guess *g);

/* .devcontainer/devcontainer.json or .devcontainer.json, read by sandbox-image. */
void init_read_devcontainer(int dirfd, const char *dir, struct init_guess *g);

#endif
