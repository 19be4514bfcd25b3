/*
 * cmd_add.c - `sandbox add`: more for a box that runs.
 */
#include "cli/commands.h"
#include "cli/overrides.h"
#include "cli/run_mounts.h"
#include "flow/add.h"

struct add_cli {
	struct strv ports, mounts, volumes;
};

static const struct opt options[] = {
	OPT_PUBLISH(struct add_cli, ports),
	OPT_MOUNT(struct add_cli, mounts),
	OPT_VOLUME(struct add_cli, volumes),
	OPTS_END,
};

static int run(const struct args *args, int *ret_status, struct err *e)
{
	const struct add_cli *cli = args->options;
	const char *project = args->n ? args->v[0] : NULL;
	cleanup_run_mounts struct run_mounts mounts = {0};
	int r = run_mounts_parse(&cli->mounts, &cli->volumes, &mounts, e);

	(void)ret_status;
	if (r == 0 && !cli->ports.n && !mounts.n)
		r = err_set(e, ERR_USAGE,
			    "nothing to add: --publish [HOST:]PORT adds a port, --volume "
			    "SOURCE:TARGET a mount");
	if (r == 0 && mounts.n)
		r = add_mounts(project, mounts.v, mounts.n, e);
	if (r == 0 && cli->ports.n)
		r = add_ports(project, &cli->ports, e);
	return r;
}

const struct command cmd_add = {
	.name = "add",
	.summary = "add ports and mounts to a running box",
	.usage = "[OPTIONS] [PROJECT]",
	.options = options,
	.options_size = sizeof(struct add_cli),
	.max_words = 1,
	.words = {WORD_BOX},
	.run = run,
};
