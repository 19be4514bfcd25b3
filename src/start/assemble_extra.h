/*
 * assemble_extra.h - mounts of the command line, and of steps of a build, in a plan.
 */
#ifndef START_ASSEMBLE_EXTRA_H
#define START_ASSEMBLE_EXTRA_H

#include "start/assembly.h"

/* For assemble.c. */
int assemble_extra(const struct assemble_request *req, struct assembly *a, struct err *e);

/*
 * A plan of nothing but those mounts, with what protects and hides parts of them: for a box that runs
 * (launch/added.h). Uses the request's store, box, settings and mounts.
 */
int assemble_added(const struct assemble_request *req, struct assembly *a, struct err *e);

#endif
