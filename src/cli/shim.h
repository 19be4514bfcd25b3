/*
 * shim.h - a program of a box as a command of the host: three lines of sh.
 */
#ifndef CLI_SHIM_H
#define CLI_SHIM_H

#include "base/buf.h"
#include "base/err.h"

#define SHIM_MARK "# made by 'sandbox export'"

/* The text of a shim: `sandbox exec --start` of the program that runs this, by its absolute path. */
int shim_compose(const char *project, const char *program, struct buf *out, struct err *e);

/* The absolute path of the program that runs; the caller frees. */
int shim_self(char **ret, struct err *e);

/* Refuses what no file in PATH can be called, and what would hide sandbox itself. */
int shim_check(const char *program, struct err *e);

#endif
