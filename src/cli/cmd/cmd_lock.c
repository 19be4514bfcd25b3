/*
 * cmd_lock.c - `sandbox lock`: records what a project's environment is made of, for enter to
 * follow.
 */
#include "cli/commands.h"
#include "cli/consent.h"
#include "cli/overrides.h"
#include "prepare/locked.h"

struct lock_cli {
	bool check, update, accept;
};

static const struct opt options[] = {
	{.name = "check",
	 .help = "only compare: the status is not 0 if the lock does not fit",
	 OPT_FLAG(struct lock_cli, check)},
	{.name = "update",
	 .help = "resolve everything again, not only what has changed",
	 OPT_FLAG(struct lock_cli, update)},
	OPT_ACCEPT(struct lock_cli, accept),
	OPTS_END,
};

static int run(const struct args *args, int *ret_status, struct err *e)
{
	const struct lock_cli *cli = args->options;
	const struct consent consent = {.accept = cli->accept, .command = "lock"};
	struct lock_options o = {.project = args->n ? args->v[0] : NULL,
				 .check = cli->check,
				 .update = cli->update,
				 .asker = consent_asker(&consent)};

	(void)ret_status;
	if (cli->check && cli->update)
		return err_set(e, ERR_USAGE, "--check and --update cannot be used together");
	return lock_run(&o, e);
}

const struct command cmd_lock = {
	.name = "lock",
	.summary = "lock image and packages of a project to their current versions",
	.usage = "[OPTIONS] [PROJECT]",
	.options = options,
	.options_size = sizeof(struct lock_cli),
	.max_words = 1,
	.words = {WORD_PROJECT},
	.run = run,
};
