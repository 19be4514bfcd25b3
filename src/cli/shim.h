/*
 * shim.h - a program of a box as a command of the host: four lines of sh.
 */
#ifndef CLI_SHIM_H
#define CLI_SHIM_H

#include <stdbool.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/mem.h"

#define SHIM_MARK   "# made by 'sandbox export'"
#define SHIM_LISTED "# not passed: " /* names of variables follow */
#define SHIM_MAX    65536

/*
 * The text of a shim: `sandbox exec --shim` of the program that runs this, by its absolute path, and the
 * names of the variables that the shell now has.
 */
int shim_compose(const char *project, const char *program, struct buf *out, struct err *e);

/* The absolute path of the program that runs; the caller frees. */
int shim_self(char **ret, struct err *e);

/* Refuses what no file in PATH can be called, and what would hide sandbox itself. */
int shim_check(const char *program, struct err *e);

/* A program that is given passwords or keys, or decides who one is: a shim would give them to a box. */
bool shim_is_trusted(const char *program);

/*
 * Outside the project (an absolute path) executes the next program in PATH that is called like argv[0],
 * and only returns when there is none: ERR_CMD_NOT_FOUND. shim: the path of the shim.
 */
int shim_leave(const char *shim, const char *project, char *const *argv, struct err *e);

/*
 * Appends to env the names of the variables that were set for this program, not for the shell: all that
 * the shim does not list (shim_compose()), but for those that the login session began with and those that
 * are a box's own.
 */
void shim_env(const char *shim, struct strv *env);

#endif
