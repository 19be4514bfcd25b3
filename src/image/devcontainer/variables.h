/*
 * variables.h - ${localEnv:NAME} and the other variables of a devcontainer.json, replaced.
 */
#ifndef IMAGE_DEVCONTAINER_VARIABLES_H
#define IMAGE_DEVCONTAINER_VARIABLES_H

#include "image/devcontainer/resolution.h"

struct variables {
	struct resolution *resolution;	  /* where variables of the host are recorded */
	char *container_folder;		  /* ${containerWorkspaceFolder} */
	char *id;			  /* ${devcontainerId} */
	const struct strv *container_env; /* NAME=value that the box is known to have */
};

/* What a text becomes: a value, a value of [env], or a command line of sh(1). */
enum variables_for { VARIABLES_TEXT, VARIABLES_ENV, VARIABLES_SHELL };

/*
 * Appends text with its variables replaced. Of [env], other dollar signs are doubled. names, unless
 * NULL, gets those variables of the host whose values are not known to every program. Returns what
 * is wrong, or NULL; the caller frees it.
 */
char *variables_expand(const struct variables *v, const char *text, enum variables_for what_for,
		       struct buf *out, struct strv *names);

/* Can the value of a variable of the host be one that not every program knows? */
bool variables_tell(const char *name);

/*
 * ${devcontainerId} of a directory and its file: what the reference implementation makes from its
 * labels. The caller frees it.
 */
char *variables_id(const char *folder, const char *file);

#endif
