/*
 * cmd_logs.c - `sandbox logs`: the output of services, detached commands, hooks and steps.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/json.h"
#include "base/log.h"
#include "box/prepared.h"
#include "box/target.h"
#include "cli/commands.h"
#include "cli/log_view.h"
#include "flow/services.h"
#include "prepare/step_log.h"

struct logs_cli {
	bool follow, timestamps, steps, json;
	long tail;
};

static const struct logs_cli defaults = {.tail = -1};

static const struct opt options[] = {
	{.letter = 'f',
	 .name = "follow",
	 .help = "continue until the box ends",
	 OPT_FLAG(struct logs_cli, follow)},
	{.letter = 'n',
	 .name = "tail",
	 .arg = "N",
	 .help = "print only the last N lines",
	 OPT_NUMBER(struct logs_cli, tail)},
	{.letter = 't',
	 .name = "timestamps",
	 .help = "put time and source before each line",
	 OPT_FLAG(struct logs_cli, timestamps)},
	{.name = "steps",
	 .help = "print the output of the steps that made the environment",
	 OPT_FLAG(struct logs_cli, steps)},
	OPT_JSON(struct logs_cli, json),
	OPTS_END,
};

/* Does one of the boxes still run? */
struct followed {
	const struct store *store;
	struct log_source *v;
	size_t n;
};

static bool is_restarting(const struct store *s, const struct box *b)
{
	cleanup_services_state struct services_state state = {0};
	struct err ignored;
	bool held;

	return b->service && services_look_box(s, b, &state, &held, &ignored) == 0 && held &&
	       state.v[0].status <= SERVICE_RESTARTING;
}

static bool all_over(void *arg)
{
	const struct followed *f = arg;

	for (size_t i = 0; i < f->n; i++)
		if (box_is_running(&f->v[i].box) || is_restarting(f->store, &f->v[i].box))
			return false;
	return true;
}

static int show_boxes(const struct store *store, struct log_source *v, size_t n,
		      const struct logs_cli *cli, struct err *e)
{
	struct followed all = {store, v, n};
	int r = log_view_open(v, n, cli->tail, e);

	if (r == 0 && cli->follow)
		return log_view_follow(v, n, all_over, &all, e);
	if (r == 0 && n == 1 && v->view->n == 0 && v->reader.file < 0)
		log_note(
			"box '%s' has no log: only detached commands, hooks and services have one; "
			"'sandbox logs --steps' shows its preparation",
			v->box.name);
	return r;
}

/* A step's log has no times except that of its end. */
static int show_step(const struct store *store, const char *path, size_t number,
		     const struct logs_cli *cli, struct log_source *s, struct err *e)
{
	cleanup_buf struct buf text = BUF_INIT;
	cleanup_free char *source = xasprintf("step %zu", number);
	int r = file_read(store->data_fd, path, STEP_LOG_MAX + 1024, &text, e);
	char *start = text.data, *end;

	if (r < 0)
		return r == -ENOENT ? 0 : r;
	if (cli->tail >= 0)
		start += box_log_tail(&text, cli->tail);
	for (; (end = strchrnul(start, '\n')) > start || *end; start = end + 1) {
		struct box_log_line line = {
			.source = source, .text = start, .len = (size_t)(end - start)};

		log_view_line(&line, s);
		if (!*end)
			break;
	}
	return 0;
}

static int show_steps(const struct store *store, const struct box *b, const char *dir,
		      const struct logs_cli *cli, struct log_source *s, struct err *e)
{
	cleanup_free char *failed = dir ? prepared_failure(store, dir) : NULL;
	size_t n = b ? b->prepared.n : 0;
	int r = 0;

	for (size_t i = n; r == 0 && i-- > 0;) {
		cleanup_free char *path = prepared_layer_log(b->prepared.v[i]);

		r = show_step(store, path, n - i, cli, s, e);
	}
	if (r == 0 && failed)
		r = show_step(store, failed, n + 1, cli, s, e);
	if (r == 0 && s->view->n == 0)
		log_note("no step of it has a log: there were none, or 'sandbox image prune' has "
			 "removed their output");
	return r;
}

/* The log of one box, or of its steps. */
static int show_one(const struct store *store, const char *word, const struct logs_cli *cli,
		    struct log_view *view, struct err *e)
{
	cleanup_target struct target t = TARGET_INIT;
	cleanup_box struct box b = BOX_INIT;
	struct log_source *v;
	bool steps = cli->steps;
	int r = target_resolve(store, word, &t, e), found;

	if (r < 0)
		return r;
	found = target_box(store, &t, &b, e);
	/* A step that failed leaves no box. */
	if (found == -ENOENT && t.dir) {
		cleanup_free char *failed = prepared_failure(store, t.dir);

		steps |= failed != NULL;
	}
	if (found < 0 && (found != -ENOENT || !steps))
		return found;
	v = log_sources_make(1, view);
	if (steps)
		r = show_steps(store, found == 0 ? &b : NULL, t.dir ? t.dir : b.project, cli, v, e);
	v->box = b;
	b = (struct box)BOX_INIT;
	if (!steps)
		r = show_boxes(store, v, 1, cli, e);
	log_sources_clear(v, 1);
	return r;
}

/* Several, each line with the name that it was given by; a box that has gone has no log. */
static int show_several(const struct store *store, char *const *names, size_t n,
			const struct logs_cli *cli, struct log_view *view, struct err *e)
{
	struct log_source *v = log_sources_make(n, view);
	int r = 0;

	for (size_t i = 0; r == 0 && i < n; i++) {
		v[i].name = names[i];
		if ((int)strlen(names[i]) > view->width)
			view->width = (int)strlen(names[i]);
		r = box_find(store, names[i], &v[i].box, e);
	}
	if (r == 0)
		r = show_boxes(store, v, n, cli, e);
	log_sources_clear(v, n);
	return r;
}

/* Without a word: those of the services, if the project has any. */
static int show_logs(const struct args *args, struct log_view *view, struct err *e)
{
	const struct logs_cli *cli = args->options;
	cleanup_service_group struct service_group g = SERVICE_GROUP_INIT;
	cleanup_store struct store store = STORE_INIT;
	int r = store_open(&store, e);

	if (r < 0)
		return r;
	if (args->n > 1 && !cli->steps)
		return show_several(&store, args->v, (size_t)args->n, cli, view, e);
	if (args->n > 1)
		return err_set(e, ERR_USAGE, "--steps is for one project");
	if (!args->n && !cli->steps && services_group(NULL, NULL, &g, e) == 0 && g.names.n)
		return show_several(&store, g.names.v, g.names.n, cli, view, e);
	return show_one(&store, args->v[0], cli, view, e);
}

static int run(const struct args *args, int *ret_status, struct err *e)
{
	const struct logs_cli *cli = args->options;
	struct json j = JSON_INIT;
	bool array = cli->json && !cli->follow;
	struct log_view view = {.timestamps = cli->timestamps,
				.json = cli->json,
				.j = array ? &j : NULL,
				.terminal = isatty(STDOUT_FILENO)};
	int r;

	(void)ret_status;
	if (array)
		jsonout_array_begin(&j, NULL);
	r = show_logs(args, &view, e);
	if (array)
		jsonout_array_end(&j);
	if (array && r == 0)
		jsonout_print(&j);
	else
		buf_free(&j.out);
	return r;
}

const struct command cmd_logs = {
	.name = "logs",
	.summary = "show the output of services, detached commands, hooks and steps",
	.usage = "[OPTIONS] [PROJECT | SERVICE...]",
	.options = options,
	.options_size = sizeof(struct logs_cli),
	.defaults = &defaults,
	.max_words = -1,
	.words = {WORD_PROJECT},
	.run = run,
};
