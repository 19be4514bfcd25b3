/*
 * shim_run.h - what `sandbox exec --shim` does before it runs the program in the box.
 */
#ifndef CLI_SHIM_RUN_H
#define CLI_SHIM_RUN_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "base/mem.h"

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

/* Is the variable one that a box has of its own, or that leads to the host's session? */
bool shim_is_own(const char *name, size_t len);

#endif
