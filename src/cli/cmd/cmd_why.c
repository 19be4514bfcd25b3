/*
 * cmd_why.c - `sandbox why`: what a project's boxes were refused last, or why something would be,
 * and what would allow it.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/json.h"
#include "cli/commands.h"
#include "cli/net_view.h"
#include "flow/explain.h"
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

static void print_refusals(const struct net_refusals *list, struct json *j, struct buf *text)
{
	for (size_t i = 0; i < list->n; i++) {
		net_refusals_explain(&list->at[i], text);
		net_view_json(j, &list->at[i]);
	}
}

static int add_refusals(const char *project, struct json *j, struct buf *text, struct err *e)
{
	cleanup_free struct net_refusals *list = xcalloc(1, sizeof(*list));
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
		if (v[i].reason != REASON_ALLOWED)
			net_refusals_add(list, &v[i]);
	print_refusals(list, j, text);
	return 0;
}

/* As refusals of the network are shown, which have a time and a count as well. */
static void add_explanation(const struct explanation *x, struct json *j, struct buf *text)
{
	/* A mount of a box with `nested` may have any name. */
	cleanup_free char *what = err_quote_all(x->what), *reason = err_quote_all(x->reason),
			  *allowed = x->allowed ? err_quote_all(x->allowed) : NULL;

	buf_addf(text, "%s: %s\n", what, reason);
	if (allowed)
		buf_addf(text, "\t%s\n", allowed);
	else if (x->refused)
		buf_addstr(text, "\tno line of sandbox.ini opens it\n");
	jsonout_object_begin(j, NULL);
	jsonout_string(j, "time", NULL);
	jsonout_bool(j, "allowed", !x->refused);
	jsonout_string(j, "what", x->what);
	jsonout_string(j, "name", NULL);
	jsonout_number(j, "count", 0);
	jsonout_string(j, "reason", x->reason);
	jsonout_string(j, "allow", x->allowed);
	jsonout_object_end(j);
}

static int add_explanations(const char *project, const struct why_options *o, struct json *j,
			    struct buf *text, struct err *e)
{
	cleanup_store struct store s = STORE_INIT;
	cleanup_settings struct settings settings = {0};
	cleanup_box struct box b = BOX_INIT;
	struct settings_request req = {0};
	int r = store_open(&s, e);

	if (r == 0)
		r = net_view_find(&s, project, &b, e);
	req.project_dir = b.project;
	if (r == 0)
		r = settings_load(&req, &settings, e);
	for (size_t i = 0; r == 0 && i < o->files.n + o->calls.n; i++) {
		cleanup_explanation struct explanation x = {0};

		r = i < o->files.n ? explain_file(&b, &settings, o->files.v[i], &x, e)
				   : explain_call(&settings, o->calls.v[i - o->files.n], &x, e);
		if (r == 0)
			add_explanation(&x, j, text);
	}
	return r;
}

static int run(const struct args *args, int *ret_status, struct err *e)
{
	const struct why_options *o = args->options;
	const char *project = args->n ? args->v[0] : NULL;
	cleanup_buf struct buf text = BUF_INIT;
	struct json j = JSON_INIT;
	int r;

	(void)ret_status;
	jsonout_array_begin(&j, NULL);
	r = o->files.n || o->calls.n ? add_explanations(project, o, &j, &text, e)
				     : add_refusals(project, &j, &text, e);
	jsonout_array_end(&j);
	if (r == 0 && o->json)
		jsonout_print(&j);
	else
		buf_free(&j.out);
	if (r == 0 && !o->json)
		fwrite(text.data, 1, text.len, stdout);
	return r;
}

const struct command cmd_why = {
	.name = "why",
	.summary = "show what was refused last, or would be, and what allows it",
	.usage = "[OPTIONS] [PROJECT]",
	.options = options,
	.options_size = sizeof(struct why_options),
	.max_words = 1,
	.words = {WORD_PROJECT},
	.run = run,
};
