/*
 * assemble_extra.h - mounts of the command line, and of steps of a build, in a plan. For assemble.c.
 */
#ifndef START_ASSEMBLE_EXTRA_H
#define START_ASSEMBLE_EXTRA_H

#include "start/assembly.h"

int assemble_extra(const struct assemble_request *req, struct assembly *a, struct err *e);

#endif
