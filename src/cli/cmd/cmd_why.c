/*
 * cmd_why.c - `sandbox why`: what a project's boxes were refused last, and what would allow it.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/json.h"
#include "cli/commands.h"
#include "cli/net_view.h"
#include "netpolicy/journal.h"

struct why_options {
	bool json;
};

static const struct opt options[] = {
	OPT_JSON(struct why_options, json),
	OPTS_END,
};

static void print(const struct net_refusals *list, bool json)
{
	cleanup_buf struct buf text = BUF_INIT;
	struct json j = JSON_INIT;

	jsonout_array_begin(&j, NULL);
	for (size_t i = 0; i < list->n; i++) {
		net_refusals_explain(&list->at[i], &text);
		net_view_json(&j, &list->at[i]);
	}
	jsonout_array_end(&j);
	if (json) {
		jsonout_print(&j);
		return;
	}
	buf_free(&j.out);
	fwrite(text.data, 1, text.len, stdout);
}

static int run(const struct args *args, int *ret_status, struct err *e)
{
	const struct why_options *o = args->options;
	cleanup_free struct net_refusals *list = xcalloc(1, sizeof(*list));
	cleanup_free struct net_event *v = NULL;
	cleanup_close int fd = -1;
	size_t n = 0;
	int r = net_view_open(args->n ? args->v[0] : NULL, false, &fd, e);

	(void)ret_status;
	if (r < 0)
		return r;
	if (fd >= 0)
		r = net_journal_read(fd, 0, &v, &n, e);
	if (r < 0 && r != -ENOENT)
		return r;
	for (size_t i = 0; i < n; i++)
		if (v[i].reason != REASON_ALLOWED)
			net_refusals_add(list, &v[i]);
	print(list, o->json);
	return 0;
}

const struct command cmd_why = {
	.name = "why",
	.summary = "show what the network refused last, and what allows it",
	.usage = "[--json] [PROJECT]",
	.options = options,
	.options_size = sizeof(struct why_options),
	.max_words = 1,
	.words = {WORD_PROJECT},
	.run = run,
};
