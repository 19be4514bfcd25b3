/*
 * cmd_help.c - `sandbox help [COMMAND]`: the list of commands, or one command's options.
 */
#include "cli/commands.h"

static int run(const struct args *args, int *ret_status, struct err *e)
{
	const struct command *cmd;

	(void)ret_status;
	if (args->n == 0) {
		program_print_help();
		return 0;
	}
	if (command_lookup(NULL, args->v[0], &cmd, e) < 0)
		return -e->code;
	if (args->n > 1 && !cmd->subs)
		return err_set(e, ERR_USAGE, "'%s' has no commands of its own", cmd->name);
	if (args->n > 1 && command_lookup(cmd, args->v[1], &cmd, e) < 0)
		return -e->code;
	command_print_help(cmd);
	return 0;
}

const struct command cmd_help = {
	.name = "help",
	.summary = "list the commands, or show one command's options",
	.usage = "[COMMAND [SUBCOMMAND]]",
	.max_words = 2,
	.words = {WORD_COMMAND, WORD_COMMAND},
	.run = run,
};
