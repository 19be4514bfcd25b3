/*
 * identity_creations.h - the calls on their way that make files (identity_create.c).
 */
#ifndef LAUNCH_IDENTITY_CREATIONS_H
#define LAUNCH_IDENTITY_CREATIONS_H

#include <stddef.h>
#include <sys/types.h>

struct creation;

struct creations {
	struct creation **v;
	size_t n;
	pid_t restarted; /* its call was interrupted before it began; 0: none was */
};

#endif
