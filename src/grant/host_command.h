/*
 * host_command.h - what the user agrees to when a project wants a command run on this machine:
 * initializeCommand of a devcontainer.json, or [hooks] initialize.
 *
 * Code in the box can write the project, and so what such a command runs there. So an agreement is
 * good for one run (flow/devcontainer.c), and names the content of the scripts that it can see.
 */
#ifndef GRANT_HOST_COMMAND_H
#define GRANT_HOST_COMMAND_H

#include "config/settings.h"

/*
 * Appends a line for the command, and one with the digest of each script of the project that it
 * names: a file that can be executed, or begins with #!, or has a name like one. What those call,
 * and what other programs read (npm, make), is not known here. Nothing for an empty command.
 */
void host_command_lines(const struct settings *s, const char *command, struct strv *out);

#endif
