/*
 * cmd_add.c - `sandbox add`: more for a box that runs.
 */
#include "cli/commands.h"
#include "cli/overrides.h"
#include "flow/add.h"

struct add_cli {
	struct strv ports;
};

static const struct opt options[] = {
	OPT_PUBLISH(struct add_cli, ports),
	OPTS_END,
};

static int run(const struct args *args, int *ret_status, struct err *e)
{
	const struct add_cli *cli = args->options;

	(void)ret_status;
	if (!cli->ports.n)
		return err_set(e, ERR_USAGE, "nothing to add: --publish [HOST:]PORT adds a port");
	return add_ports(args->n ? args->v[0] : NULL, &cli->ports, e);
}

const struct command cmd_add = {
	.name = "add",
	.summary = "publish more ports of a running box",
	.usage = "[OPTIONS] [PROJECT]",
	.options = options,
	.options_size = sizeof(struct add_cli),
	.max_words = 1,
	.words = {WORD_BOX},
	.run = run,
};
