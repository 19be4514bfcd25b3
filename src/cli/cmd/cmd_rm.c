/*
 * cmd_rm.c - `sandbox rm`: remove boxes with all they hold; project directories are left alone.
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

	return box_discard(s, b, cli->force, e);
}

/* What goes is said by name; without a terminal only --force is a yes. */
static int confirm(const struct box_list *all, struct err *e)
{
	cleanup_buf struct buf names = BUF_INIT;
	cleanup_free char *question = NULL;
	bool yes = false;
	int r;

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
		.act = remove_one, .usage = "rm PROJECT... | --all", .exact = true};
	const struct rm_cli *cli = args->options;
	cleanup_box_list struct box_list all = {0};
	cleanup_store struct store s = STORE_INIT;
	int r;

	(void)ret_status;
	if (!cli->all)
		return each_box(args, &each, e);
	r = store_open(&s, e);
	if (r == 0)
		r = box_list_load(&s, &all, e);
	if (r == 0 && all.n && !args->n && !cli->force)
		r = confirm(&all, e);
	return r < 0 ? r : each_of_all(&s, &all, args, &each, e);
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
