/*
 * programs.h - where our other programs are: ../libexec/sandbox, relative to this one.
 */
#ifndef BASE_PROGRAMS_H
#define BASE_PROGRAMS_H

/* The absolute path of a helper program, whether or not it exists. The caller frees it. */
char *program_path(const char *name);

/* `sandbox` itself, for a helper program. The caller frees it. */
char *program_sandbox(void);

#endif
