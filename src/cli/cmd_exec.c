/*
 * cmd_exec.c - `sandbox exec`: one command in a box that runs.
 */
#include <errno.h>

#include "box/run.h"
#include "cli/commands.h"
#include "cli/consent.h"
#include "cli/overrides.h"

struct exec_cli {
	bool root, start;
	const char *workdir;
	struct strv env;
};

static const struct opt options[] = {
	OPT_ROOT(struct exec_cli, root),
	OPT_WORKDIR(struct exec_cli, workdir),
	OPT_ENV(struct exec_cli, env),
	{.name = "start",
	 .help = "start the box first, where it does not run",
	 OPT_FLAG(struct exec_cli, start)},
	OPTS_END,
};

static int run(const struct args *args, int *ret_status, struct err *e)
{
	const struct exec_cli *cli = args->options;
	struct session_options o = {
		.root = cli->root, .workdir = cli->workdir, .env = cli->env, .argv = args->program};

	struct enter_options enter = {
		.project = args->v[0], .no_hook = true, .asker = consent_asker("enter", false)};
	int r;

	if (!args->program || !args->program[0])
		return err_set(e, ERR_USAGE, "no command given: sandbox exec PROJECT COMMAND...");
	r = run_exec(args->v[0], &o, ret_status, e);
	if (!cli->start || (r != -ESRCH && r != -ENOENT))
		return r;
	enter.session = o;
	return run_enter(&enter, ret_status, e);
}

const struct command cmd_exec = {
	.name = "exec",
	.summary = "run a command in a running box",
	.usage = "[OPTIONS] PROJECT COMMAND...",
	.options = options,
	.options_size = sizeof(struct exec_cli),
	.program = PROGRAM_AFTER_WORD,
	.min_words = 1,
	.max_words = 1,
	.words = {WORD_BOX},
	.run = run,
};
