/*
 * image_program.h - sandbox-image, which has all that takes JSON or a network.
 */
#ifndef ROOTFS_IMAGE_PROGRAM_H
#define ROOTFS_IMAGE_PROGRAM_H

#include <stdbool.h>

#include "base/buf.h"
#include "base/err.h"

/*
 * Runs it with words, NULL-ended, and waits. What it prints is no output of ours, unless `speaks`. An
 * error of its own it has told itself: ERR_SAID.
 */
int image_program(const char *const *words, bool speaks, struct err *e);

/* The same; out gets what it prints, *ret_status is its exit status, and any is fine. */
int image_program_read(const char *const *words, struct buf *out, int *ret_status, struct err *e);

#endif
