/*
 * devcontainer_file.h - the file that sandbox-image resolves a devcontainer.json into, for the
 * program that writes it and the one that reads it. Its form is described in load_devcontainer.c.
 */
#ifndef CONFIG_DEVCONTAINER_FILE_H
#define CONFIG_DEVCONTAINER_FILE_H

#include <sys/stat.h>

#include "base/buf.h"

#define DEVCONTAINER_FOLDER   "devcontainers" /* in DATA */
#define DEVCONTAINER_CHOSEN   ".chosen" /* ends the name of a file: its name, then its project */
#define DEVCONTAINER_IMAGES   "localhost/devcontainer-" /* begins names of what is built for it */
#define DEVCONTAINER_FORMAT   "devcontainer\t3\n" /* another one when the same files mean more */
#define DEVCONTAINER_FLAT_MAX (4u << 20)

/* The identity of a file: device, inode, size and times, separated by tabs. The caller frees it. */
char *devcontainer_stamp(const struct stat *st);

/* Appends a field, with escapes; fields are separated by tabs, and lines end with a newline. */
void devcontainer_field(struct buf *out, const char *text);

/* Undoes the escapes of a field, in place. */
void devcontainer_unescape(char *field);

/*
 * Removes the files of DATA (data_fd) that belong to project (NULL: none), or to a directory that is
 * gone. They are made again when they are needed; what cannot be removed stays.
 */
void devcontainer_prune(int data_fd, const char *project);

#endif
