/*
 * cmd_seal.c - `sandbox seal`: the prepared environment of a project as an image.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "cli/commands.h"
#include "cli/consent.h"
#include "cli/overrides.h"
#include "flow/seal.h"
#include "rootfs/image_program.h"

struct seal_cli {
	bool push, accept, json;
	const char *variant;
	struct strv profiles;
};

static const struct opt options[] = {
	{.name = "push", .help = "also upload it to its registry", OPT_FLAG(struct seal_cli, push)},
	OPT_PROFILE(struct seal_cli, profiles),
	OPT_VARIANT(struct seal_cli, variant),
	OPT_ACCEPT(struct seal_cli, accept),
	OPT_JSON(struct seal_cli, json),
	OPTS_END,
};

static int run(const struct args *args, int *ret_status, struct err *e)
{
	const struct seal_cli *cli = args->options;
	const struct consent consent = {.accept = cli->accept, .command = "seal"};
	struct seal_options o = {
		.project = args->n ? args->v[0] : NULL,
		.name = args->n > 1 ? args->v[1] : NULL,
		.json = cli->json,
		.settings = {.variant = cli->variant, .profiles = cli->profiles},
		.asker = consent_asker(&consent),
	};

	cleanup_buf struct buf text = BUF_INIT;
	cleanup_strv struct strv names = {0};
	int r = seal_run(&o, &names, &text, e);

	(void)ret_status;
	if (r < 0)
		return r;
	fputs(text.data, stdout);
	if (!cli->push)
		return 0;
	/* The push is another program and prints to the same stdout. */
	if (fflush(stdout) != 0)
		return err_sys(e, errno, "cannot write the output");
	for (size_t i = 0; r == 0 && i < names.n; i++)
		r = image_program((const char *[]){"push", "--", names.v[i], NULL}, !cli->json, e);
	return r;
}

const struct command cmd_seal = {
	.name = "seal",
	.summary = "make an image of a project's prepared environment",
	.usage = "[OPTIONS] [PROJECT [IMAGE]]",
	.options = options,
	.options_size = sizeof(struct seal_cli),
	.max_words = 2,
	.words = {WORD_PROJECT, WORD_IMAGE},
	.run = run,
};
