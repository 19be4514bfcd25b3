/*
 * cmd_stop.c - `sandbox stop`: end running boxes; what they hold on disk stays.
 */
#include "box/lifecycle.h"
#include "cli/commands.h"
#include "cli/each_box.h"

struct stop_cli {
	long time;
};

static const struct stop_cli defaults = {.time = 10};

static const struct opt options[] = {
	{.letter = 't',
	 .name = "time",
	 .arg = "SECONDS",
	 .help = "how long processes may take to end; default 10",
	 OPT_NUMBER(struct stop_cli, time)},
	OPTS_END,
};

static int stop_one(const struct store *s, struct box *b, const void *opts, struct err *e)
{
	const struct stop_cli *cli = opts;
	long ms = cli->time > 86400 ? 86400000 : cli->time * 1000;

	(void)s;
	return box_stop(b, ms, e);
}

static int run(const struct args *args, int *ret_status, struct err *e)
{
	static const struct each_box each = {.act = stop_one};

	(void)ret_status;
	return each_box(args, &each, e);
}

const struct command cmd_stop = {
	.name = "stop",
	.summary = "end running boxes",
	.usage = "[OPTIONS] PROJECT...",
	.options = options,
	.options_size = sizeof(struct stop_cli),
	.defaults = &defaults,
	.min_words = 1,
	.max_words = -1,
	.words = {WORD_BOX},
	.run = run,
};
