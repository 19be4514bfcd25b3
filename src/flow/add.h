/*
 * add.h - the flow of `sandbox add`: more for a box that runs.
 */
#ifndef FLOW_ADD_H
#define FLOW_ADD_H

#include "base/err.h"
#include "base/mem.h"
#include "start/assembly.h"

/*
 * Publishes ports, as --publish has them, until the box ends. project: as target.h has it. What a
 * policy denies at a start, it denies here.
 */
int add_ports(const char *project, const struct strv *ports, struct err *e);

/*
 * Adds mounts of the host, as those of a throw-away box, until the box ends; all or none, if it is
 * not the box that has no place for one. The same holds for policies, and what is protected in the
 * project is protected in them.
 */
int add_mounts(const char *project, const struct extra_mount *v, size_t n, struct err *e);

#endif
