/*
 * programs.h - where our own other programs lie: ../libexec/sandbox, seen from this one.
 */
#ifndef ROOTFS_PROGRAMS_H
#define ROOTFS_PROGRAMS_H

/* The absolute path of a helper program, whether or not it is there. The caller frees. */
char *program_path(const char *name);

/* `sandbox` itself, for a helper program. The caller frees. */
char *program_sandbox(void);

#endif
