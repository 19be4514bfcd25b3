/*
 * init_read.h - what the files of a project's directory say of the tools that it needs.
 */
#ifndef CLI_INIT_INIT_READ_H
#define CLI_INIT_INIT_READ_H

#include "base/buf.h"
#include "cli/init/init_guess.h"

/* All that the files of a directory say. dir: the path of dirfd. Notes what of a file was left out. On failure
 * too *ret is to be cleared. */
int init_read_directory(int dirfd, const char *dir, struct init_guess *ret, struct err *e);

/* Each adds what it finds to the guess; a file that is not there, or is not one to be read, adds nothing. What
 * kept another one from being read is in `failed`. */

/* The image of a Dockerfile or Containerfile that has the project's tools. Comes after the languages. */
void init_read_dockerfile(int dirfd, struct init_guess *g);

/* .devcontainer/devcontainer.json or .devcontainer.json, read by sandbox-image. */
void init_read_devcontainer(int dirfd, const char *dir, struct init_guess *g);

/* False when there is nothing to read: no file, a link, too long; or it failed. */
bool init_read_file(int dirfd, const char *name, struct buf *out, struct init_guess *g);

#endif
