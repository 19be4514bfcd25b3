/*
 * assemble.h - makes a plan from a project, an image and a network.
 */
#ifndef START_ASSEMBLE_H
#define START_ASSEMBLE_H

#include "start/assembly.h"

/*
 * Fills *a; the caller adds the control socket and the lifetime lock. Release *a with
 * assembly_clear() on failure too.
 */
int assemble_box(const struct assemble_request *req, struct assembly *a, struct err *e);
/* Makes the directories of the project that are mounted, and were not there (option `create`). */
int assemble_missing(const struct assemble_request *req, const struct assembly *a, struct err *e);
/* Only the image, with the user and the network in its /etc, for tools_make(). */
int assemble_image(const struct assemble_request *req, struct assembly *a, struct err *e);

#endif
