/*
 * commands.h - the commands of the program, one cmd_*.c each, and what they share.
 *
 * To add one: define a `const struct command cmd_x` in its file, declare it here, add it to the
 * table in main.c, and write man/sandbox-x.1.
 */
#ifndef CLI_COMMANDS_H
#define CLI_COMMANDS_H

#include "base/mem.h"
#include "cli/image_commands.h"
#include "cli/options.h"

extern const struct command cmd_add;
extern const struct command cmd_init;
extern const struct command cmd_enter;
extern const struct command cmd_run;
extern const struct command cmd_exec;
extern const struct command cmd_export;
extern const struct command cmd_activate;
extern const struct command cmd_lock;
extern const struct command cmd_seal;
extern const struct command cmd_matrix;
extern const struct command cmd_try;
extern const struct command cmd_diff;
extern const struct command cmd_apply;
extern const struct command cmd_discard;
extern const struct command cmd_up;
extern const struct command cmd_down;
extern const struct command cmd_restart;
extern const struct command cmd_wait;
extern const struct command cmd_volume;
extern const struct command cmd_ls;
extern const struct command cmd_net;
extern const struct command cmd_why;
extern const struct command cmd_port;
extern const struct command cmd_ps;
extern const struct command cmd_inspect;
extern const struct command cmd_logs;
extern const struct command cmd_stop;
extern const struct command cmd_rm;
extern const struct command cmd_rename;
extern const struct command cmd_config;
extern const struct command cmd_profile;
extern const struct command cmd_doctor;
extern const struct command cmd_console;
extern const struct command cmd_completion;
extern const struct command cmd_complete;
extern const struct command cmd_help;
extern const struct command cmd_version;

/* All of them in the order of the help, NULL-terminated. */
extern const struct command *const commands[];

/* `sandbox` itself: the options before the command. */
extern const struct command program_command;

/*
 * Finds a command of `sandbox` itself or (group not NULL) of a group; for an unknown one ERR_USAGE
 * with the nearest name.
 */
int command_lookup(const struct command *group, const char *name, const struct command **ret,
		   struct err *e);

/* Prints the list of commands and the options of `sandbox` itself. */
void program_print_help(void);
void program_print_version(void);

/* Appends the names of all boxes to out, for completion; in cmd_ls.c. */
int complete_boxes(struct strv *out);

#endif
