/*
 * demands.h - what a dev container asks of the program that runs it: capabilities, security
 * options, processors, memory, a GPU. A box has what needs no more than its user; the rest is
 * named.
 */
#ifndef IMAGE_DEVCONTAINER_DEMANDS_H
#define IMAGE_DEVCONTAINER_DEMANDS_H

#include "image/devcontainer/layers.h"

/* what: the key or option that asks for it. */
void demands_capability(struct merging *m, const struct said_at *at, const char *what,
			const char *capability);
void demands_security(struct merging *m, const struct said_at *at, const char *what,
		      const char *option);
void demands_privileged(struct merging *m, const struct said_at *at, const char *what);

/* Of all layers; and names the keys that nobody knows. */
void demands_merge(struct merging *m);

#endif
