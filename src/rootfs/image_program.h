/*
 * image_program.h - running sandbox-image, which does everything that needs JSON or a network.
 */
#ifndef ROOTFS_IMAGE_PROGRAM_H
#define ROOTFS_IMAGE_PROGRAM_H

#include <stdbool.h>

#include "base/buf.h"
#include "base/err.h"

/*
 * Runs it with words (NULL-terminated) and waits. Its stdout is discarded, unless `speaks`.
 * ERR_SAID: it has already reported the error.
 */
int image_program(const char *const *words, bool speaks, struct err *e);

/*
 * The same; appends its stdout to out and returns its exit status, whatever it is, in *ret_status.
 */
int image_program_read(const char *const *words, struct buf *out, int *ret_status, struct err *e);

#endif
