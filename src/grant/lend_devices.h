/*
 * lend_devices.h - `devices =` and the driver of `gpu = yes`, for lend.c.
 */
#ifndef GRANT_LEND_DEVICES_H
#define GRANT_LEND_DEVICES_H

#include <sys/stat.h>

#include "base/err.h"
#include "config/settings.h"
#include "grant/lending.h"

/* The box's directory for the libraries and programs of a GPU's driver. */
#define LEND_DRIVER LEND_DIR "/driver"

/*
 * Lends the nodes that [sandbox] devices names. A missing one is an error, unless its name ends
 * with '?'.
 */
int lend_devices(const struct settings *s, struct lending *l, struct err *e);

/* Is it a device of the host that may be lent? real has no symlinks. */
bool lend_is_device(const char *real, const struct stat *st);

/*
 * Lends the libraries of NVIDIA's driver that this machine's loader knows, and its programs: they
 * must match the kernel module, so an image cannot contain them. Musl's loader cannot use them.
 * Returns how many.
 */
size_t lend_driver(struct lending *l);

#endif
