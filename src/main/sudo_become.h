/*
 * sudo_become.h - the part of sudo that runs as box-root, in a session of its own:
 *
 *	sudo --become UID:GID:GROUP,... PROGRAM ARGV0 [ARG...]
 *
 * switches to that user and executes the program.
 */
#ifndef MAIN_SUDO_BECOME_H
#define MAIN_SUDO_BECOME_H

#include <stdbool.h>

#include "base/account.h"

#define BECOME_OPTION "--become"

/*
 * The first argument for a user; keeps the present groups, or uses the user's. The caller frees it.
 */
char *become_identity(const struct account *to, bool keep_groups);

/* argv as above, from UID on. Returns the exit status on failure. */
int become_exec(char **argv);

/* Reports why a program could not be executed, and returns the exit status. */
int sudo_cannot_run(const char *program, int errnum);

#endif
