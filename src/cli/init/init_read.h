/*
 * init_read.h - what the files in a project's directory say about the tools that it needs.
 */
#ifndef CLI_INIT_INIT_READ_H
#define CLI_INIT_INIT_READ_H

#include "base/buf.h"
#include "cli/init/init_guess.h"

/*
 * Reads all files of a directory. dir: the path of dirfd. Notes what was left out. Clear *out on
 * failure too.
 */
int init_read_directory(int dirfd, const char *dir, struct init_guess *out, struct err *e);

/*
 * Each adds what it finds to the guess; a file that is missing, or is not to be read, adds nothing.
 * `failed` says why another one could not be read.
 */

/*
 * The image of a Dockerfile or Containerfile that has the project's tools. Call it after the
 * languages are known.
 */
void init_read_dockerfile(int dirfd, struct init_guess *g);

/* Whether the project in dir has a devcontainer.json from which a box can be made. */
void init_read_devcontainer(const char *dir, struct init_guess *g);

/* False if there is nothing to read: no file, a symlink, too long; or it failed. */
bool init_read_file(int dirfd, const char *name, struct buf *out, struct init_guess *g);

#endif
