/*
 * shim.h - a program of a box as a command of the host: a script of four lines.
 */
#ifndef CLI_SHIM_H
#define CLI_SHIM_H

#include <stdbool.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/mem.h"

#define SHIM_MARK   "# made by 'sandbox export'"
#define SHIM_LISTED "# not passed: " /* followed by names of variables */
#define SHIM_MAX    65536

/*
 * The text of a shim: `sandbox exec --shim` by this program's absolute path, and the names of the
 * shell's present variables.
 */
int shim_compose(const char *project, const char *program, struct buf *out, struct err *e);

/* The absolute path of this program; the caller frees it. */
int shim_self(char **ret, struct err *e);

/* Refuses a name that no file in PATH can have, or that would hide sandbox itself. */
int shim_check(const char *program, struct err *e);

/*
 * Is it a program that is given passwords or keys, or authenticates users? A shim would give those
 * to a box.
 */
bool shim_is_trusted(const char *program);

/*
 * Outside the project (an absolute path) executes the next program in PATH named like argv[0];
 * returns only if there is none: ERR_CMD_NOT_FOUND. shim: the path of the shim.
 */
int shim_leave(const char *shim, const char *project, char *const *argv, struct err *e);

/*
 * Appends to env the names of variables set for this program only, and not for the shell: those
 * that the shim does not list (shim_compose()), except those that the login session started with
 * and those that every box sets itself.
 */
void shim_env(const char *shim, struct strv *env);

#endif
