/*
 * cmd_help.c - `sandbox help [COMMAND]`: the list of commands, or one command's options.
 */
#include "base/cleanup.h"
#include "cli/commands.h"
#include "cli/habits.h"

static int run(const struct args *args, int *ret_status, struct err *e)
{
	cleanup_strv struct strv ours = {0};
	const struct command *cmd;

	(void)ret_status;
	if (args->n == 0) {
		program_print_help();
		return 0;
	}
	if (command_lookup(NULL, args->v[0], &cmd, e) < 0) {
		int r = habit_replace(args->v, &ours, e);

		if (r > 0)
			err_set(e, ERR_USAGE, "there is no '%s': it is '%s' here", args->v[0],
				ours.n ? ours.v[0] : "sandbox");
		return -e->code;
	}
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
