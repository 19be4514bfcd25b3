/*
 * command.h - the commands of a devcontainer.json as text for sh(1).
 */
#ifndef IMAGE_DEVCONTAINER_COMMAND_H
#define IMAGE_DEVCONTAINER_COMMAND_H

#include <jansson.h>

#include "image/devcontainer/variables.h"

/*
 * Appends the lines of a command for `sh -e`: a string is for a shell, an array is a program with
 * its arguments, and the members of an object run at the same time, each a string or an array; the
 * lines end when all have ended, and fail if one has failed. Nothing for an empty one. Returns what
 * is wrong, or NULL; the caller frees it.
 */
char *command_add(const json_t *value, const struct variables *v, struct buf *out,
		  struct strv *names);

/* Appends a text as one word of any sh(1). */
void command_add_quoted(struct buf *out, const char *word);

#endif
