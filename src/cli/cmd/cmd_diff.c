/*
 * cmd_diff.c - `sandbox diff`: the changes in a box.
 */
#include <stdio.h>

#include "base/cleanup.h"
#include "base/json.h"
#include "base/path.h"
#include "cli/change_patch.h"
#include "cli/change_view.h"
#include "cli/commands.h"

struct diff_cli {
	bool patch, json;
};

static const struct opt options[] = {
	{.letter = 'p',
	 .name = "patch",
	 .help = "show how files have changed, by diff(1)",
	 OPT_FLAG(struct diff_cli, patch)},
	OPT_JSON(struct diff_cli, json),
	OPTS_END,
};

static void print_json(const struct changes *all)
{
	struct json j = JSON_INIT;

	jsonout_array_begin(&j, NULL);
	for (size_t i = 0; i < all->n; i++) {
		const struct change *c = &all->v[i];

		jsonout_object_begin(&j, NULL);
		change_json(&j, c, NULL);
		jsonout_string(&j, "host", c->tree->overlay ? c->tree->overlay->source : NULL);
		jsonout_object_end(&j);
	}
	jsonout_array_end(&j);
	jsonout_print(&j);
}

static void keep(struct changes *all, char **words)
{
	cleanup_strv struct strv paths = {0};

	for (; words && *words; words++)
		strv_push_take(&paths, path_normalize("/", *words));
	if (paths.n)
		changes_keep(all, (const char *const *)paths.v, paths.n);
}

static int check_paths(char **words, struct err *e)
{
	for (; words && *words; words++)
		if (**words != '/')
			return err_set(e, ERR_USAGE, "'%s' is not an absolute path in the box",
				       *words);
	return 0;
}

static int run(const struct args *args, int *ret_status, struct err *e)
{
	const struct diff_cli *cli = args->options;
	cleanup_store struct store s = STORE_INIT;
	cleanup_box struct box b = BOX_INIT;
	cleanup_changes struct changes all = {0};
	int r;

	(void)ret_status;
	if (cli->patch && cli->json)
		return err_set(e, ERR_USAGE, "--patch and --json cannot be used together");
	r = check_paths(args->program, e);
	if (r == 0)
		r = store_open(&s, e);
	if (r == 0)
		r = change_box(&s, args->n ? args->v[0] : NULL, false, &b, e);
	if (r == 0)
		r = changes_find(&s, &b, &all, e);
	if (r < 0)
		return r;
	keep(&all, args->program);
	if (cli->json)
		print_json(&all);
	for (size_t i = 0; r == 0 && !cli->json && i < all.n; i++)
		if (cli->patch)
			r = change_patch(&all.v[i], e);
		else
			change_print(&all.v[i], NULL);
	return r;
}

const struct command cmd_diff = {
	.name = "diff",
	.summary = "show what a box has changed",
	.usage = "[OPTIONS] [PROJECT] [-- PATH...]",
	.options = options,
	.options_size = sizeof(struct diff_cli),
	.program = PROGRAM_AFTER_DASHES,
	.max_words = 1,
	.words = {WORD_PROJECT},
	.run = run,
};
