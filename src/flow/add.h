/*
 * add.h - the flow of `sandbox add`: more for a box that runs.
 */
#ifndef FLOW_ADD_H
#define FLOW_ADD_H

#include "base/err.h"
#include "base/mem.h"

/*
 * Publishes ports, as --publish has them, until the box ends. project: as target.h has it. What a
 * policy denies at a start, it denies here.
 */
int add_ports(const char *project, const struct strv *ports, struct err *e);

#endif
