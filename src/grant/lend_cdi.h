/*
 * lend_cdi.h - what a GPU needs according to the administrator's Container Device Interface
 * specifications, for `gpu = yes` (lend.c).
 */
#ifndef GRANT_LEND_CDI_H
#define GRANT_LEND_CDI_H

#include "base/err.h"
#include "grant/lending.h"

/*
 * Lends what /run/cdi and /etc/cdi (*.json, *.yaml) list for GPUs: nodes below /dev that are not
 * lent yet, mounts, and the libraries among them by their other names in LEND_DRIVER. host_image:
 * skip what that image contains anyway. *ret_libraries: there were libraries. What this machine
 * lacks is left out with a note; a file that cannot be read is an error that names it and the line.
 */
int lend_cdi(struct lending *l, bool host_image, bool *ret_libraries, struct err *e);

/* Sets the variables that they list. Returns whether libraries are among what they lend. */
bool lend_cdi_env(struct strv *out);

#endif
