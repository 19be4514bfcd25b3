/*
 * cmd_enter.c - `sandbox enter`: the shell of a project, in its box.
 */
#include <errno.h>
#include <stdio.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "box/run.h"
#include "cli/ask.h"
#include "cli/commands.h"
#include "cli/overrides.h"

struct enter_cli {
	bool root, accept, rebuild;
	const char *image, *network, *variant, *name, *workdir;
	struct strv profiles, env;
};

static const struct opt options[] = {
	OPT_ROOT(struct enter_cli, root),
	{.letter = 'i',
	 .name = "image",
	 .arg = "IMAGE",
	 .help = "make the box from IMAGE",
	 .word = WORD_IMAGE,
	 OPT_STRING(struct enter_cli, image)},
	OPT_PROFILE(struct enter_cli, profiles),
	OPT_NETWORK(struct enter_cli, network),
	{.name = "variant",
	 .arg = "NAME",
	 .help = "apply the variant's [env:NAME]",
	 OPT_STRING(struct enter_cli, variant)},
	{.name = "name",
	 .arg = "NAME",
	 .help = "name the box, when it is made",
	 OPT_STRING(struct enter_cli, name)},
	OPT_WORKDIR(struct enter_cli, workdir),
	OPT_ENV(struct enter_cli, env),
	{.name = "accept",
	 .help = "let the project have what it now asks for of this machine",
	 OPT_FLAG(struct enter_cli, accept)},
	{.name = "rebuild",
	 .help = "make the box's root anew from image, packages and steps of now; home stays",
	 OPT_FLAG(struct enter_cli, rebuild)},
	OPTS_END,
};

static int ask(const char *project, const struct strv *lines, bool first, void *arg, struct err *e)
{
	const struct enter_cli *cli = arg;
	const char *than = first ? "" : ", more than before";
	cleanup_strv struct strv words = {0};
	cleanup_buf struct buf all = BUF_INIT;
	cleanup_free char *answer = NULL;
	int r;

	if (cli->accept)
		return 0;
	for (size_t i = 0; i < lines->n; i++)
		buf_addf(&all, "%s%s", i ? "; " : "", lines->v[i]);
	if (!isatty(STDIN_FILENO) || !isatty(STDERR_FILENO))
		return err_set(e, EPERM,
			       "the project asks for these of this machine%s: %s: 'sandbox enter "
			       "--accept %s' if that is your wish",
			       than, all.data, project);
	fprintf(stderr, "sandbox: the project '%s' asks for these of this machine%s:\n", project,
		than);
	for (size_t i = 0; i < lines->n; i++)
		fprintf(stderr, "  %s\n", lines->v[i]);
	strv_push(&words, "yes");
	strv_push(&words, "no");
	r = ask_line("let it have them? yes or no", "no", &words, &answer, e);
	if (r < 0)
		return r;
	return streq(answer, "yes") || streq(answer, "y")
		       ? 0
		       : err_set(e, EPERM, "the project was not given what it asks for");
}

static int run(const struct args *args, int *ret_status, struct err *e)
{
	const struct enter_cli *cli = args->options;
	struct enter_options o = {
		.project = args->n ? args->v[0] : NULL,
		.asker = {.ask = ask, .arg = (void *)cli},
		.rebuild = cli->rebuild,
		.name = cli->name,
		.settings = {.variant = cli->variant, .profiles = cli->profiles},
		.session = {.root = cli->root,
			    .workdir = cli->workdir,
			    .env = cli->env,
			    .argv = args->program},
	};
	int r;

	override(&o.settings.overrides, "image", cli->image);
	override(&o.settings.overrides, "network", cli->network);
	r = run_enter(&o, ret_status, e);
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
