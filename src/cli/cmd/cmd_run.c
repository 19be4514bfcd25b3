/*
 * cmd_run.c - `sandbox run`: one command in a throw-away box.
 */
#include <stdio.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "cli/commands.h"
#include "cli/net_view.h"
#include "cli/overrides.h"
#include "cli/run_mounts.h"
#include "flow/run.h"

struct run_cli {
	bool root, detach, disk, learn;
	const char *user, *network, *name, *workdir, *hostname, *entrypoint;
	struct strv profiles, env, mounts, volumes, ports;
};

static const struct opt options[] = {
	OPT_ROOT(struct run_cli, root),
	OPT_USER(struct run_cli, user),
	{.letter = 'd',
	 .name = "detach",
	 .help = "leave it running, print its name",
	 OPT_FLAG(struct run_cli, detach)},
	OPT_NETWORK(struct run_cli, network),
	OPT_LEARN(struct run_cli, learn),
	OPT_PUBLISH(struct run_cli, ports),
	OPT_MOUNT(struct run_cli, mounts),
	OPT_VOLUME(struct run_cli, volumes),
	OPT_PROFILE(struct run_cli, profiles),
	OPT_ENV(struct run_cli, env),
	OPT_WORKDIR(struct run_cli, workdir),
	{.name = "name",
	 .arg = "NAME",
	 .help = "name the box, for exec and stop",
	 OPT_STRING(struct run_cli, name)},
	{.name = "hostname",
	 .arg = "NAME",
	 .help = "hostname inside; default: the box's name",
	 OPT_STRING(struct run_cli, hostname)},
	{.name = "entrypoint",
	 .arg = "PROGRAM",
	 .help = "run this instead of the image's entrypoint; '' for none",
	 OPT_STRING(struct run_cli, entrypoint)},
	{.name = "disk",
	 .help = "keep what the box writes on disk, not in memory",
	 OPT_FLAG(struct run_cli, disk)},
	OPTS_END,
};

static int run(const struct args *args, int *ret_status, struct err *e)
{
	const struct run_cli *cli = args->options;
	cleanup_run_mounts struct run_mounts mounts = {0};
	cleanup_strv struct strv learned = {0};
	struct run_options o = {
		.image = args->v[0],
		.entrypoint = cli->entrypoint,
		.name = cli->name,
		.hostname = cli->hostname,
		.disk = cli->disk,
		.detach = cli->detach,
		.learned = cli->learn ? &learned : NULL,
		.settings = {.profiles = cli->profiles, .ports = cli->ports, .learn = cli->learn},
		.session = {.root = cli->root,
			    .user = cli->user,
			    .workdir = cli->workdir,
			    .env = cli->env,
			    .argv = args->program},
	};
	cleanup_free char *name = NULL;
	int r = overrides_check_user(cli->root, cli->user, e);

	if (r == 0 && cli->learn && cli->detach)
		r = err_set(e, ERR_USAGE, "--learn and --detach cannot be used together");
	if (r == 0)
		r = run_mounts_parse(&cli->mounts, &cli->volumes, &mounts, e);
	o.mounts = mounts.v;
	o.n_mounts = mounts.n;
	overrides_add(&o.settings.overrides, KEY_NETWORK, cli->network);
	if (r == 0)
		r = run_throwaway(&o, &name, ret_status, e);
	if (r == 0 && name)
		printf("%s\n", name);
	if (r == 0 && cli->learn)
		net_view_learned(&learned);
	strv_clear(&o.settings.overrides);
	return r;
}

const struct command cmd_run = {
	.name = "run",
	.summary = "run one command in a throw-away box",
	.usage = "[OPTIONS] IMAGE [COMMAND...]",
	.options = options,
	.options_size = sizeof(struct run_cli),
	.program = PROGRAM_AFTER_WORD,
	.min_words = 1,
	.max_words = 1,
	.words = {WORD_IMAGE},
	.run = run,
};
