/*
 * programs.h - where our own other programs lie: ../libexec/sandbox, seen from this one.
 */
#ifndef BOX_PROGRAMS_H
#define BOX_PROGRAMS_H

#include "base/err.h"

/* The absolute path of a helper program, whether or not it is there. The caller frees. */
char *program_path(const char *name);

/* `sandbox` itself, for a helper program. The caller frees. */
char *program_sandbox(void);

/*
 * Runs the helper program argv[0], its stdout on out, and waits. One that failed has said why: ERR_SAID.
 */
int program_run(char *const *argv, int out, struct err *e);

#endif
