/*
 * cmd_rm.c - `sandbox rm`: removes boxes with everything in them; project directories are left
 * alone.
 */
#include <errno.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "box/lifecycle.h"
#include "cli/ask/ask.h"
#include "cli/commands.h"
#include "cli/each_box.h"
#include "flow/discard.h"

struct rm_cli {
	bool force, all;
};

static const struct opt options[] = {
	{.letter = 'f',
	 .name = "force",
	 .help = "do not ask, and kill what runs first",
	 OPT_FLAG(struct rm_cli, force)},
	{.letter = 'a', .name = "all", .help = "remove all boxes", OPT_FLAG(struct rm_cli, all)},
	OPTS_END,
};

static int remove_one(const struct store *s, struct box *b, const void *opts, struct err *e)
{
	const struct rm_cli *cli = opts;

	return discard_box(s, b, cli->force, e);
}

/* Lists by name what will be removed; without a terminal only --force means yes. */
static int confirm(const struct box_list *all, const void *opts, struct err *e)
{
	const struct rm_cli *cli = opts;
	cleanup_buf struct buf names = BUF_INIT;
	cleanup_free char *question = NULL;
	bool yes = false;
	int r;

	if (cli->force || !all->n)
		return 0;
	for (size_t i = 0; i < all->n; i++)
		buf_addf(&names, "%s%s", i ? ", " : "", all->v[i].name);
	if (!isatty(STDIN_FILENO) || !isatty(STDERR_FILENO))
		return err_set(e, EPERM, "--force removes all boxes with their homes: %s",
			       names.data);
	question = xasprintf("remove all %zu boxes with their homes (%s)?", all->n, names.data);
	r = ask_yes(question, &yes, e);
	return r == 0 && !yes ? err_set(e, ECANCELED, "nothing was removed") : r;
}

static int run(const struct args *args, int *ret_status, struct err *e)
{
	static const struct each_box each = {
		.act = remove_one,
		.confirm = confirm,
		.usage = "rm PROJECT... | --all",
		.exact = true,
	};
	const struct rm_cli *cli = args->options;

	(void)ret_status;
	return cli->all ? each_of_all(args, &each, e) : each_box(args, &each, e);
}

const struct command cmd_rm = {
	.name = "rm",
	.summary = "remove boxes with all their files",
	.usage = "[OPTIONS] PROJECT... | --all",
	.options = options,
	.options_size = sizeof(struct rm_cli),
	.max_words = -1,
	.words = {WORD_BOX},
	.run = run,
};
