/*
 * assemble_protect.h - the mounts of a plan that protect and hide parts of others. For assemble.c.
 */
#ifndef START_ASSEMBLE_PROTECT_H
#define START_ASSEMBLE_PROTECT_H

#include "start/assembly.h"

/*
 * Wherever the project is visible: a second mount of it, or of the home around it, shows it too.
 * The mounts that protect a mount follow it directly, so that what was mounted on top stays on top.
 * An overlay needs none: its writes reach nobody.
 */
int assemble_protection(const struct assemble_request *req, struct assembly *a, struct err *e);

/*
 * The control sockets give access to every box, even by a read-only mount. A mount that contains
 * them gets an empty directory in their place.
 */
void assemble_hide_sockets(const struct assemble_request *req, struct assembly *a);

#endif
