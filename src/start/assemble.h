/*
 * assemble.h - where a project, an image and a network become a plan.
 */
#ifndef START_ASSEMBLE_H
#define START_ASSEMBLE_H

#include "start/assembly.h"

/*
 * Fills *ret in; the control socket and the lifetime lock are the caller's to add. On failure *ret
 * still is to be released with assembly_clear().
 */
int assemble_box(const struct assemble_request *req, struct assembly *ret, struct err *e);
/* The image alone, with the user and the network in its /etc, for tools_make(). */
int assemble_image(const struct assemble_request *req, struct assembly *ret, struct err *e);

#endif
