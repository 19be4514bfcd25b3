/*
 * cmd_apply.c - `sandbox apply`: copies the changes of a box to the host, or packs them.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/json.h"
#include "base/log.h"
#include "base/path.h"
#include "base/usage.h"
#include "box/lifecycle.h"
#include "changes/apply.h"
#include "cli/apply_undo.h"
#include "cli/change_view.h"
#include "cli/commands.h"
#include "rootfs/image_program.h"

struct apply_cli {
	bool dry_run, yes, json, undo, forget, force;
	const char *from, *to, *tar;
};

static const struct opt options[] = {
	{.name = "from",
	 .arg = "PATH",
	 .help = "apply what has changed below PATH of the box",
	 OPT_STRING(struct apply_cli, from)},
	{.name = "to",
	 .arg = "DIR",
	 .help = "apply it below DIR of the host",
	 .word = WORD_DIR,
	 OPT_STRING(struct apply_cli, to)},
	{.name = "tar",
	 .arg = "FILE",
	 .help = "pack it into FILE instead; - is standard output",
	 .word = WORD_FILE,
	 OPT_STRING(struct apply_cli, tar)},
	{.letter = 'n',
	 .name = "dry-run",
	 .help = "only list what would be done",
	 OPT_FLAG(struct apply_cli, dry_run)},
	{.letter = 'y', .name = "yes", .help = "do not ask", OPT_FLAG(struct apply_cli, yes)},
	{.name = "undo",
	 .help = "undo the last apply, or what it did at PATH",
	 OPT_FLAG(struct apply_cli, undo)},
	{.name = "forget",
	 .help = "remove what is kept for --undo",
	 OPT_FLAG(struct apply_cli, forget)},
	{.letter = 'f',
	 .name = "force",
	 .help = "with --undo: also undo what has changed since",
	 OPT_FLAG(struct apply_cli, force)},
	OPT_JSON(struct apply_cli, json),
	OPTS_END,
};

static int check_usage(const struct apply_cli *cli, size_t n, struct err *e)
{
	if (cli->tar && (cli->to || cli->dry_run || cli->yes || cli->json))
		return err_set(e, ERR_USAGE, "--tar can only be used with --from");
	if ((cli->undo || cli->forget) && (cli->tar || cli->from || cli->to))
		return err_set(e, ERR_USAGE, "--%s cannot be used with --from, --to and --tar",
			       cli->undo ? "undo" : "forget");
	if (cli->undo && cli->forget)
		return err_set(e, ERR_USAGE, "--undo and --forget cannot be used together");
	if (cli->force && !cli->undo)
		return err_set(e, ERR_USAGE, "--force needs --undo");
	if (n > 1 && !cli->undo)
		return err_set(e, ERR_USAGE, "paths need --undo; name one project");
	if (!cli->tar && !cli->from != !cli->to)
		return err_set(e, ERR_USAGE, "--from and --to must be used together");
	if (cli->from && cli->from[0] != '/')
		return err_set(e, ERR_USAGE, "--from '%s' is not an absolute path in the box",
			       cli->from);
	if (cli->tar && streq(cli->tar, "-") && isatty(STDOUT_FILENO))
		return err_set(e, ERR_USAGE, "not writing an archive to a terminal: name a file");
	return 0;
}

/* Locked until we exit: what is listed is what is applied. */
static int take_box(const struct store *s, const char *word, struct box *b, struct err *e)
{
	int r = change_box(s, word, false, b, e);

	if (r == 0)
		r = box_check_ended(b, e);
	if (r == 0)
		r = box_lock(s, b, e);
	/* It may have been started meanwhile. */
	return r < 0 ? r : box_check_ended(b, e);
}

static int pack(const struct box *b, const struct apply_cli *cli, struct err *e)
{
	cleanup_free char *from = path_normalize("/", cli->from ? cli->from : "/");
	cleanup_free char *option = xasprintf("--from=%s", from);

	return image_program((const char *[]){"image", "pack", option, "--", b->id, cli->tar, NULL},
			     true, e);
}

/* Symlinks of the user's own on the way to DIR are fine. */
static int find_target(const struct apply_cli *cli, char **ret, struct err *e)
{
	int r = cli->dry_run ? 0 : file_mkdirs(cli->to, 0755, e);

	if (r == 0 && !(*ret = realpath(cli->to, NULL)))
		return err_sys(e, errno, "cannot use '%s'", cli->to);
	return r;
}

static void list_json(const struct apply_plan *p)
{
	struct json j = JSON_INIT;

	jsonout_array_begin(&j, NULL);
	for (size_t i = 0; i < p->n; i++) {
		jsonout_object_begin(&j, NULL);
		change_json(&j, &p->v[i].change, p->v[i].path);
		jsonout_string(&j, "left", NULL);
		jsonout_object_end(&j);
	}
	for (size_t i = 0; i < p->n_left; i++) {
		jsonout_object_begin(&j, NULL);
		jsonout_string(&j, "path", p->left[i].path);
		jsonout_string(&j, "left", p->left[i].why);
		jsonout_object_end(&j);
	}
	jsonout_array_end(&j);
	jsonout_print(&j);
}

static void list(const struct apply_plan *p, const struct apply_cli *cli)
{
	cleanup_free char *quoted = NULL;

	if (cli->json) {
		list_json(p);
		return;
	}
	for (size_t i = 0; i < p->n; i++)
		change_print(&p->v[i].change, p->v[i].path);
	for (size_t i = 0; i < p->n_left; i++) {
		free(quoted);
		quoted = err_quote_all(p->left[i].path);
		printf("  L %s%s (left out: %s)\n", quoted, p->left[i].is_folder ? "/" : "",
		       p->left[i].why);
	}
}

static int apply(const struct store *s, const struct box *b, const struct apply_cli *cli,
		 struct err *e)
{
	cleanup_changes struct changes all = {0};
	cleanup_apply struct apply_plan plan = {0};
	cleanup_free char *from = cli->from ? path_normalize("/", cli->from) : NULL, *to = NULL;
	uint64_t kept = 0;
	int r = from ? find_target(cli, &to, e) : 0;

	if (r == 0)
		r = changes_find(s, b, &all, e);
	if (r == 0)
		r = apply_make(s, &all, from, to, &plan, e);
	if (r < 0)
		return r;
	list(&plan, cli);
	if (plan.others)
		log_note("%zu changes are in the box's own files and stay there: --from and --to "
			 "apply them to a directory of the host",
			 plan.others);
	if (!plan.n)
		log_note("there is nothing to apply");
	if (!plan.n || cli->dry_run)
		return 0;
	r = apply_confirm(cli->yes, "apply all of this?", "nothing was applied", e);
	if (r == 0)
		r = apply_run(s, b, &all, &plan, &kept, e);
	if (r == 0)
		log_note("replaced files are kept (%s): 'sandbox apply --undo' restores them, "
			 "--forget removes them",
			 size_text(kept).s);
	return r;
}

static int run(const struct args *args, int *ret_status, struct err *e)
{
	const struct apply_cli *cli = args->options;
	cleanup_store struct store s = STORE_INIT;
	cleanup_box struct box b = BOX_INIT;
	const struct apply_undo undo = {.dry_run = cli->dry_run,
					.yes = cli->yes,
					.json = cli->json,
					.force = cli->force,
					.words = args->v,
					.n = args->n};
	int r = check_usage(cli, args->n, e);

	(void)ret_status;
	if (r == 0)
		r = store_open(&s, e);
	if (r == 0 && (cli->undo || cli->forget))
		return cli->undo ? apply_undo(&s, &undo, e) : apply_forget(&s, &undo, e);
	if (r == 0)
		r = take_box(&s, args->n ? args->v[0] : NULL, &b, e);
	if (r < 0)
		return r;
	return cli->tar ? pack(&b, cli, e) : apply(&s, &b, cli, e);
}

const struct command cmd_apply = {
	.name = "apply",
	.summary = "apply the changes of a box to the host, or pack them",
	.usage = "[OPTIONS] [PROJECT | --undo PATH...]",
	.options = options,
	.options_size = sizeof(struct apply_cli),
	.max_words = -1,
	.words = {WORD_PROJECT, WORD_FILE},
	.run = run,
};
