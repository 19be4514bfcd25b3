/*
 * cmd_enter.c - `sandbox enter`: the shell of a project, in its box.
 */
#include "base/cleanup.h"
#include "cli/commands.h"
#include "cli/consent.h"
#include "cli/init/init.h"
#include "cli/net_view.h"
#include "cli/overrides.h"
#include "flow/run.h"

struct enter_cli {
	bool root, accept, rebuild, initialize, rescue, learn;
	const char *image, *network, *variant, *config, *name, *workdir;
	struct strv profiles, env, ports;
};

static const struct opt options[] = {
	OPT_ROOT(struct enter_cli, root),
	OPT_IMAGE(struct enter_cli, image),
	OPT_PROFILE(struct enter_cli, profiles),
	OPT_NETWORK(struct enter_cli, network),
	OPT_LEARN(struct enter_cli, learn),
	OPT_PUBLISH(struct enter_cli, ports),
	OPT_VARIANT(struct enter_cli, variant),
	OPT_CONFIG(struct enter_cli, config),
	{.name = "name",
	 .arg = "NAME",
	 .help = "name of the box when it is created",
	 OPT_STRING(struct enter_cli, name)},
	OPT_WORKDIR(struct enter_cli, workdir),
	OPT_ENV(struct enter_cli, env),
	OPT_ACCEPT(struct enter_cli, accept),
	{.name = "rebuild",
	 .help = "make the root again from current image, packages and steps; home stays",
	 OPT_FLAG(struct enter_cli, rebuild)},
	{.name = "initialize",
	 .help = "ask for initializeCommand, and run it, once more",
	 OPT_FLAG(struct enter_cli, initialize)},
	{.name = "rescue",
	 .help = "open a shell even if a step or a hook fails",
	 OPT_FLAG(struct enter_cli, rescue)},
	OPTS_END,
};

static int run(const struct args *args, int *ret_status, struct err *e)
{
	const struct enter_cli *cli = args->options;
	const struct consent consent = {.accept = cli->accept, .command = "enter"};
	cleanup_strv struct strv learned = {0};
	struct enter_options o = {
		.project = args->n ? args->v[0] : NULL,
		.asker = consent_asker(&consent),
		.rebuild = cli->rebuild,
		.initialize = cli->initialize,
		.rescue = cli->rescue,
		.name = cli->name,
		.settings = {.variant = cli->variant,
			     .profiles = cli->profiles,
			     .ports = cli->ports,
			     .learn = cli->learn},
		.learned = cli->learn ? &learned : NULL,
		.session = {.root = cli->root,
			    .workdir = cli->workdir,
			    .env = cli->env,
			    .argv = args->program},
	};
	int r = args->program ? 0 : init_offer(o.project, e);

	if (r < 0)
		return r;
	overrides_add(&o.settings.overrides, KEY_IMAGE, cli->image);
	overrides_add(&o.settings.overrides, KEY_NETWORK, cli->network);
	overrides_add(&o.settings.overrides, KEY_DEVCONTAINER, cli->config);
	r = enter_run(&o, ret_status, e);
	if (r == 0 && cli->learn)
		net_view_learned(&learned);
	strv_clear(&o.settings.overrides);
	return r;
}

const struct command cmd_enter = {
	.name = "enter",
	.summary = "enter the shell of a project",
	.usage = "[OPTIONS] [PROJECT] [-- COMMAND...]",
	.options = options,
	.options_size = sizeof(struct enter_cli),
	.program = PROGRAM_AFTER_DASHES,
	.max_words = 1,
	.words = {WORD_PROJECT},
	.run = run,
};
