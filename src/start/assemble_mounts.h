/*
 * assemble_mounts.h - the mounts that the user or the project asked for; for assemble.c.
 */
#ifndef START_ASSEMBLE_MOUNTS_H
#define START_ASSEMBLE_MOUNTS_H

#include "start/assembly.h"

/* What is lent, [mounts], the command line's, what is protected; with their lines of reach. */
int assemble_mounts(const struct assemble_request *req, struct assembly *a, struct err *e);

#endif
