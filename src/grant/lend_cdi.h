/*
 * lend_cdi.h - what the administrator's specifications of the Container Device Interface say
 * that a GPU takes, for `gpu = yes` (lend.c).
 */
#ifndef GRANT_LEND_CDI_H
#define GRANT_LEND_CDI_H

#include "base/err.h"
#include "grant/lending.h"

/*
 * Lends what /run/cdi and /etc/cdi (*.json, *.yaml) say of GPUs: nodes below /dev that are not
 * lent yet, mounts, and the libraries among them by their other names in LEND_DRIVER.
 * host_image: what of it is there in that image already is left out. *ret_libraries: there were
 * some. What this machine does not have is left out with a note; a file that cannot be read is
 * an error that names it and the line.
 */
int lend_cdi(struct lending *l, bool host_image, bool *ret_libraries, struct err *e);

/* Sets the variables that they say. Are there libraries among what they lend? */
bool lend_cdi_env(struct strv *out);

#endif
