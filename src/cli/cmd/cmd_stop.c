/*
 * cmd_stop.c - `sandbox stop`: ends running boxes; their files on disk stay.
 */
#include "base/cleanup.h"
#include "box/lifecycle.h"
#include "cli/commands.h"
#include "cli/each_box.h"
#include "flow/services.h"
#include "grant/obeyed.h"

struct stop_cli {
	bool all;
	long time;
};

static const struct stop_cli defaults = {.time = 10};

static const struct opt options[] = {
	{.letter = 't',
	 .name = "time",
	 .arg = "SECONDS",
	 .help = "how long processes may take to end; default 10",
	 OPT_NUMBER(struct stop_cli, time)},
	{.letter = 'a', .name = "all", .help = "stop all boxes", OPT_FLAG(struct stop_cli, all)},
	OPTS_END,
};

/* Changes by programs that ran after the last session, or without one, are reported here only. */
static void say_changed(const struct box *b)
{
	cleanup_settings struct settings settings = {0};
	struct settings_request req = {.project_dir = b->project};
	struct err ignored;

	obeyed_say(b,
		   b->project && settings_load(&req, &settings, &ignored) == 0 ? &settings : NULL,
		   NULL);
}

static int stop_one(const struct store *s, struct box *b, const void *opts, struct err *e)
{
	const struct stop_cli *cli = opts;
	long ms = cli->time > 86400 ? 86400000 : cli->time * 1000;
	bool running;
	int r;

	running = box_is_running(b);
	r = b->service ? services_note_stop(s, b, e) : 0;
	if (r == 0)
		r = box_stop(b, ms, e);
	if (running)
		say_changed(b);
	return r;
}

static int run(const struct args *args, int *ret_status, struct err *e)
{
	static const struct each_box each = {.act = stop_one, .usage = "stop PROJECT... | --all"};
	const struct stop_cli *cli = args->options;

	(void)ret_status;
	return cli->all ? each_of_all(args, &each, e) : each_box(args, &each, e);
}

const struct command cmd_stop = {
	.name = "stop",
	.summary = "stop running boxes",
	.usage = "[OPTIONS] PROJECT... | --all",
	.options = options,
	.options_size = sizeof(struct stop_cli),
	.defaults = &defaults,
	.max_words = -1,
	.words = {WORD_BOX},
	.run = run,
};
