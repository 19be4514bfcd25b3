/*
 * cmd_discard.c - `sandbox discard`: throws away a trial.
 */
#include <errno.h>
#include <stdio.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "box/lifecycle.h"
#include "changes/changes.h"
#include "cli/ask/ask.h"
#include "cli/change_view.h"
#include "cli/commands.h"
#include "flow/discard.h"

struct discard_cli {
	bool force;
};

static const struct opt options[] = {
	{.letter = 'f',
	 .name = "force",
	 .help = "do not ask, and stop the trial first if it runs",
	 OPT_FLAG(struct discard_cli, force)},
	OPTS_END,
};

/* No question if nothing would be lost. */
static int confirm(const struct store *s, const struct box *b, struct err *e)
{
	cleanup_changes struct changes all = {0};
	cleanup_free char *question = NULL;
	bool yes = false;
	int r = changes_find(s, b, &all, e);

	if (r < 0)
		return err_add(e, "cannot tell what would be lost (--force discards it)");
	if (all.incomplete)
		return err_set(e, EACCES,
			       "box '%s' cannot be read completely, so what would be lost is "
			       "unknown (--force discards it)",
			       b->name);
	if (!all.n)
		return 0;
	if (!isatty(STDIN_FILENO) || !isatty(STDERR_FILENO))
		return err_set(e, EPERM,
			       "box '%s' has %zu changes: 'sandbox diff %s' shows them, --force "
			       "discards them",
			       b->name, all.n, b->name);
	question = xasprintf("discard '%s' with %zu changes?", b->name, all.n);
	r = ask_yes(question, &yes, e);
	return r == 0 && !yes ? err_set(e, ECANCELED, "nothing was discarded") : r;
}

static int run(const struct args *args, int *ret_status, struct err *e)
{
	const struct discard_cli *cli = args->options;
	cleanup_store struct store s = STORE_INIT;
	cleanup_box struct box b = BOX_INIT;
	int r = store_open(&s, e);

	(void)ret_status;
	if (r == 0)
		r = change_box(&s, args->n ? args->v[0] : NULL, true, &b, e);
	if (r == 0 && !b.trial)
		r = err_set(e, ENOENT, "box '%s' is not a trial: 'sandbox rm %s' removes it",
			    b.name, b.name);
	if (r == 0 && !cli->force)
		r = box_check_ended(&b, e);
	if (r == 0 && !cli->force)
		r = confirm(&s, &b, e);
	return r < 0 ? r : discard_box(&s, &b, cli->force, e);
}

const struct command cmd_discard = {
	.name = "discard",
	.summary = "remove a trial",
	.usage = "[OPTIONS] [PROJECT]",
	.options = options,
	.options_size = sizeof(struct discard_cli),
	.max_words = 1,
	.words = {WORD_PROJECT},
	.run = run,
};
