/*
 * cmd_exec.c - `sandbox exec`: one command in a running box.
 */
#include <errno.h>

#include "base/mem.h"
#include "cli/commands.h"
#include "cli/consent.h"
#include "cli/overrides.h"
#include "cli/shim.h"
#include "flow/run.h"

struct exec_cli {
	bool root, start, detach;
	const char *user, *workdir, *tools, *shim;
	struct strv env;
};

static const struct opt options[] = {
	OPT_ROOT(struct exec_cli, root),
	OPT_USER(struct exec_cli, user),
	OPT_WORKDIR(struct exec_cli, workdir),
	OPT_ENV(struct exec_cli, env),
	{.letter = 'd',
	 .name = "detach",
	 .help = "leave it running; 'sandbox logs' shows its output",
	 OPT_FLAG(struct exec_cli, detach)},
	{.name = "tools",
	 .arg = "IMAGE",
	 .help = "use the programs of this image, with the box at /box",
	 .word = WORD_IMAGE,
	 OPT_STRING(struct exec_cli, tools)},
	{.name = "start",
	 .help = "start the box first if it does not run",
	 OPT_FLAG(struct exec_cli, start)},
	{.name = "shim",
	 .arg = "FILE",
	 .help = "act as the shim FILE; see sandbox export",
	 .word = WORD_FILE,
	 OPT_STRING(struct exec_cli, shim)},
	OPTS_END,
};

/* Tools join a running box, with no more rights than you have in it. */
static int check_tools(const struct exec_cli *cli, struct err *e)
{
	if (cli->root || cli->start || cli->user || cli->detach)
		return err_set(e, ERR_USAGE, "--tools and --%s cannot be used together",
			       cli->root     ? "root"
			       : cli->user   ? "user"
			       : cli->detach ? "detach"
					     : "start");
	return image_check_name(cli->tools, e);
}

static int run(const struct args *args, int *ret_status, struct err *e)
{
	const struct exec_cli *cli = args->options;
	struct session_options o = {.root = cli->root,
				    .user = cli->user,
				    .workdir = cli->workdir,
				    .env = cli->env,
				    .argv = args->program,
				    .detach = cli->detach,
				    .tools = cli->tools};
	const struct consent consent = {.command = "enter"};
	struct enter_options enter = {
		.project = args->v[0], .no_hook = true, .asker = consent_asker(&consent)};
	cleanup_strv struct strv env = {0};
	int r = overrides_check_user(cli->root, cli->user, e);

	if (r == 0 && cli->tools)
		r = check_tools(cli, e);

	if (r < 0)
		return r;
	if (cli->detach && cli->start)
		return err_set(e, ERR_USAGE, "--detach and --start cannot be used together");
	if (!cli->tools && (!args->program || !args->program[0]))
		return err_set(e, ERR_USAGE, "no command given: sandbox exec PROJECT COMMAND...");
	if (cli->shim) {
		r = shim_leave(cli->shim, args->v[0], args->program, e);
		if (r < 0)
			return r;
		for (size_t i = 0; i < cli->env.n; i++)
			strv_push(&env, cli->env.v[i]);
		shim_env(cli->shim, &env);
		o.env = env;
	}
	r = run_exec(args->v[0], &o, ret_status, e);
	if (!cli->start || (r != -ESRCH && r != -ENOENT))
		return r;
	enter.session = o;
	enter.no_note = true;
	return enter_run(&enter, ret_status, e);
}

const struct command cmd_exec = {
	.name = "exec",
	.summary = "run a command in a running box",
	.usage = "[OPTIONS] PROJECT [COMMAND...]",
	.options = options,
	.options_size = sizeof(struct exec_cli),
	.program = PROGRAM_AFTER_WORD,
	.min_words = 1,
	.max_words = 1,
	.words = {WORD_BOX},
	.run = run,
};
