/*
 * init_read.h - what the content of a project's files adds to a guess.
 */
#ifndef CLI_INIT_INIT_READ_H
#define CLI_INIT_INIT_READ_H

#include "base/buf.h"
#include "cli/init/init_guess.h"

/* Each adds what it finds to the guess; a file that is not there, or is not one to be read, adds nothing. What
 * kept another one from being read is in `failed`. */

/* Versions, package managers, programs of a Makefile, services of a compose file. */
void init_read_files(int dirfd, struct init_guess *g);

/* The image of a Dockerfile or Containerfile that has the project's tools. Comes after the languages. */
void init_read_dockerfile(int dirfd, struct init_guess *g);

/* .devcontainer/devcontainer.json or .devcontainer.json, read by sandbox-image. */
void init_read_devcontainer(int dirfd, const char *dir, struct init_guess *g);

/* False when there is nothing to read: no file, a link, too long; or it failed. */
bool init_read_file(int dirfd, const char *name, struct buf *out, struct init_guess *g);

#endif
