/*
 * cmd_why.c - `sandbox why`: what a project's boxes were refused last, or a command that it runs, or
 * why something would be, and what would allow it.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/clock.h"
#include "base/json.h"
#include "base/log.h"
#include "cli/commands.h"
#include "cli/consent.h"
#include "cli/net_view.h"
#include "flow/explain.h"
#include "flow/run.h"
#include "netpolicy/journal.h"

struct why_options {
	bool json;
	struct strv files, calls;
};

static const struct opt options[] = {
	{.letter = 'f',
	 .name = "file",
	 .arg = "PATH",
	 .help = "why the running box would refuse this file",
	 .word = WORD_FILE,
	 OPT_LIST(struct why_options, files)},
	{.letter = 'c',
	 .name = "call",
	 .arg = "NAME",
	 .help = "why it would refuse this system call",
	 OPT_LIST(struct why_options, calls)},
	OPT_JSON(struct why_options, json),
	OPTS_END,
};

/* What is to be shown, as text and as JSON. */
struct shown {
	struct json j;
	struct buf text;
};

static void add_refusal(const struct net_event *event, struct shown *out)
{
	net_refusals_explain(event, &out->text);
	net_view_json(&out->j, event);
}

/* As refusals of the network are shown. */
static void add_explanation(const struct explanation *x, struct shown *out)
{
	/* A mount of a box with `nested` may have any name, and a program any file. */
	cleanup_free char *what = err_quote_all(x->what), *reason = err_quote_all(x->reason),
			  *allowed = x->allowed ? err_quote_all(x->allowed) : NULL;
	char when[NET_VIEW_TIME_MAX];

	buf_addstr(&out->text, what);
	if (x->count > 1)
		buf_addf(&out->text, " (%u times)", x->count);
	buf_addf(&out->text, ": %s\n", reason);
	if (allowed)
		buf_addf(&out->text, "\t%s\n", allowed);
	else if (x->refused)
		buf_addstr(&out->text, "\tno line of sandbox.ini opens it\n");
	jsonout_object_begin(&out->j, NULL);
	jsonout_string(&out->j, "time", x->time ? net_view_time(x->time, when) : NULL);
	jsonout_bool(&out->j, "allowed", !x->refused);
	jsonout_string(&out->j, "what", x->what);
	jsonout_string(&out->j, "name", NULL);
	jsonout_number(&out->j, "count", x->count);
	jsonout_string(&out->j, "reason", x->reason);
	jsonout_string(&out->j, "allow", x->allowed);
	jsonout_object_end(&out->j);
}

/* The network's, of project's boxes, from a time on: milliseconds of CLOCK_REALTIME. */
static int read_refusals(const char *project, int64_t since, struct net_refusals *list,
			 struct err *e)
{
	cleanup_free struct net_event *v = NULL;
	cleanup_close int fd = -1;
	size_t n = 0;
	int r = net_view_open(project, false, &fd, e);

	if (r < 0)
		return r;
	if (fd >= 0)
		r = net_journal_read(fd, 0, &v, &n, e);
	if (r < 0 && r != -ENOENT)
		return r;
	for (size_t i = 0; i < n; i++)
		if (v[i].reason != REASON_ALLOWED && v[i].time >= since)
			net_refusals_add(list, &v[i]);
	return 0;
}

static int by_time(const void *a, const void *b)
{
	const struct watched *x = a, *y = b;

	return (x->time > y->time) - (x->time < y->time);
}

/* One list, the newest at the end. */
static int add_all(const struct net_refusals *list, struct watch_record *record,
		   const struct settings *settings, struct shown *out, struct err *e)
{
	size_t event = 0;
	int r = 0;

	qsort(record->at, record->n, sizeof(record->at[0]), by_time);
	for (uint32_t i = 0; r == 0 && i < record->n; i++) {
		cleanup_explanation struct explanation x = {0};

		while (event < list->n && list->at[event].time <= record->at[i].time)
			add_refusal(&list->at[event++], out);
		r = explain_watched(settings, &record->at[i], &x, e);
		if (r == 0)
			add_explanation(&x, out);
	}
	while (r == 0 && event < list->n)
		add_refusal(&list->at[event++], out);
	if (record->more)
		buf_addf(&out->text,
			 "%u more of other files and calls, for which there is no room\n",
			 record->more);
	return r;
}

static int find_box(const char *project, struct box *ret, struct settings *ret_settings,
		    struct err *e)
{
	cleanup_store struct store s = STORE_INIT;
	struct settings_request req = {0};
	int r = store_open(&s, e);

	if (r == 0)
		r = net_view_find(&s, project, ret, e);
	req.project_dir = ret->project;
	return r < 0 ? r : settings_load(&req, ret_settings, e);
}

/* fd: the record of a run that began at `since`; -1: the last one. */
static int add_refusals(const char *project, int fd, int64_t since, struct shown *out,
			struct err *e)
{
	cleanup_free struct net_refusals *list = xcalloc(1, sizeof(*list));
	cleanup_free struct watch_record *record = xcalloc(1, sizeof(*record));
	cleanup_settings struct settings settings = {0};
	cleanup_box struct box b = BOX_INIT;
	int r = find_box(project, &b, &settings, e);

	if (r == 0)
		r = read_refusals(project, since, list, e);
	if (r == 0 && fd < 0)
		explain_kept(&b, record);
	else if (r == 0 && (r = watch_record_read(fd, record, e)) == 0)
		r = explain_keep(&b, record, e);
	return r < 0 ? r : add_all(list, record, &settings, out, e);
}

static int add_explanations(const char *project, const struct why_options *o, struct shown *out,
			    struct err *e)
{
	cleanup_settings struct settings settings = {0};
	cleanup_box struct box b = BOX_INIT;
	int r = find_box(project, &b, &settings, e);

	for (size_t i = 0; r == 0 && i < o->files.n + o->calls.n; i++) {
		cleanup_explanation struct explanation x = {0};

		r = i < o->files.n ? explain_file(&b, &settings, o->files.v[i], &x, e)
				   : explain_call(&settings, o->calls.v[i - o->files.n], &x, e);
		if (r == 0)
			add_explanation(&x, out);
	}
	return r;
}

/* The command has ended with its status, which is ours, whatever becomes of the list. */
static int run_command(const struct args *args, struct shown *out, int *ret_status, struct err *e)
{
	const struct consent consent = {.command = "enter"};
	const char *project = args->n ? args->v[0] : NULL;
	int64_t since = clock_ms_of(CLOCK_REALTIME);
	cleanup_close int record = -1;
	struct enter_options o = {.project = project,
				  .asker = consent_asker(&consent),
				  .session = {.argv = args->program, .record = &record}};
	int r = watch_record_make(&record, e);

	if (r == 0)
		r = enter_run(&o, ret_status, e);
	if (r == 0 && add_refusals(project, record, since, out, e) < 0)
		log_warn("cannot show what was refused: %s", e->msg);
	return r;
}

static void print(const struct shown *out, bool json, FILE *to)
{
	const struct buf *b = json ? &out->j.out : &out->text;

	fwrite(b->data, 1, b->len, to);
	if (json)
		fputc('\n', to);
}

static int run(const struct args *args, int *ret_status, struct err *e)
{
	const struct why_options *o = args->options;
	const char *project = args->n ? args->v[0] : NULL;
	bool named = o->files.n || o->calls.n;
	struct shown out = {.j = JSON_INIT, .text = BUF_INIT};
	int r;

	if (named && args->program)
		return err_set(e, ERR_USAGE, "--file and --call are not for a command that is run");
	jsonout_array_begin(&out.j, NULL);
	r = args->program ? run_command(args, &out, ret_status, e)
	    : named	  ? add_explanations(project, o, &out, e)
			  : add_refusals(project, -1, 0, &out, e);
	jsonout_array_end(&out.j);
	/* Standard output is the command's. */
	if (r == 0)
		print(&out, o->json, args->program ? stderr : stdout);
	if (r == 0 && args->program && !out.text.len)
		log_note("the box refused nothing");
	buf_free(&out.j.out);
	buf_free(&out.text);
	return r;
}

const struct command cmd_why = {
	.name = "why",
	.summary = "show what was refused last, or would be, and what allows it",
	.usage = "[OPTIONS] [PROJECT] [-- COMMAND...]",
	.options = options,
	.options_size = sizeof(struct why_options),
	.program = PROGRAM_AFTER_DASHES,
	.max_words = 1,
	.words = {WORD_PROJECT},
	.run = run,
};
