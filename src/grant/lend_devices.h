/*
 * lend_devices.h - `devices =` and the driver of `gpu = yes`, for lend.c.
 */
#ifndef GRANT_LEND_DEVICES_H
#define GRANT_LEND_DEVICES_H

#include <sys/stat.h>

#include "base/err.h"
#include "config/settings.h"
#include "grant/lending.h"

/* A directory for the libraries and programs of a GPU's driver, in the box. */
#define LEND_DRIVER LEND_DIR "/driver"

/* Lends the nodes that [sandbox] devices names. One that is missing is an error, unless '?' ends it. */
int lend_devices(const struct settings *s, struct lending *l, struct err *e);

/* Is it one of the host's that a box can be lent? real has no links. */
bool lend_is_device(const char *real, const struct stat *st);

/*
 * Lends the libraries of NVIDIA's driver, as this machine's loader knows them, and its programs: they
 * belong to the kernel's module, not to an image. Musl's loader cannot use them. Returns how many.
 */
size_t lend_driver(struct lending *l);

#endif
