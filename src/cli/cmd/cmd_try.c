/*
 * cmd_try.c - `sandbox try`: a project in a box of its own where everything of the host is an
 * overlay.
 */
#include "cli/commands.h"
#include "cli/consent.h"
#include "cli/overrides.h"
#include "flow/run.h"

struct try_cli {
	bool root, accept;
	const char *image, *network, *config, *workdir;
	struct strv profiles, env;
};

static const struct opt options[] = {
	OPT_ROOT(struct try_cli, root),
	OPT_IMAGE(struct try_cli, image),
	OPT_PROFILE(struct try_cli, profiles),
	OPT_NETWORK(struct try_cli, network),
	OPT_WORKDIR(struct try_cli, workdir),
	OPT_ENV(struct try_cli, env),
	OPT_ACCEPT(struct try_cli, accept),
	OPT_CONFIG(struct try_cli, config),
	OPTS_END,
};

static int run(const struct args *args, int *ret_status, struct err *e)
{
	const struct try_cli *cli = args->options;
	const struct consent consent = {.accept = cli->accept, .command = "try"};
	struct enter_options o = {
		.project = args->n ? args->v[0] : NULL,
		.asker = consent_asker(&consent),
		.trial = true,
		.settings = {.profiles = cli->profiles},
		.session = {.root = cli->root,
			    .workdir = cli->workdir,
			    .env = cli->env,
			    .argv = args->program},
	};
	int r;

	overrides_add(&o.settings.overrides, KEY_IMAGE, cli->image);
	overrides_add(&o.settings.overrides, KEY_NETWORK, cli->network);
	overrides_add(&o.settings.overrides, KEY_DEVCONTAINER, cli->config);
	r = enter_run(&o, ret_status, e);
	strv_clear(&o.settings.overrides);
	return r;
}

const struct command cmd_try = {
	.name = "try",
	.summary = "try something in a project without changing the host's files",
	.usage = "[OPTIONS] [PROJECT] [-- COMMAND...]",
	.options = options,
	.options_size = sizeof(struct try_cli),
	.program = PROGRAM_AFTER_DASHES,
	.max_words = 1,
	.words = {WORD_PROJECT},
	.run = run,
};
