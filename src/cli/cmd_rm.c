/*
 * cmd_rm.c - `sandbox rm`: remove boxes with all they hold; project folders are left alone.
 */
#include "box/lifecycle.h"
#include "cli/commands.h"
#include "cli/each_box.h"

struct rm_cli {
	bool force;
};

static const struct opt options[] = {
	{.letter = 'f',
	 .name = "force",
	 .help = "stop what runs first",
	 OPT_FLAG(struct rm_cli, force)},
	OPTS_END,
};

static int remove_one(const struct store *s, struct box *b, const void *opts, struct err *e)
{
	const struct rm_cli *cli = opts;

	return box_discard(s, b, cli->force, e);
}

static int run(const struct args *args, int *ret_status, struct err *e)
{
	static const struct each_box each = {.act = remove_one, .exact = true};

	(void)ret_status;
	return each_box(args, &each, e);
}

const struct command cmd_rm = {
	.name = "rm",
	.summary = "remove boxes and all they hold",
	.usage = "[OPTIONS] PROJECT...",
	.options = options,
	.options_size = sizeof(struct rm_cli),
	.min_words = 1,
	.max_words = -1,
	.words = {WORD_BOX},
	.run = run,
};
