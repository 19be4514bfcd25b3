/*
 * cmd_inspect.c - `sandbox inspect`: everything recorded about a box.
 */
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/json.h"
#include "base/path.h"
#include "box/box.h"
#include "box/target.h"
#include "cli/box_view.h"
#include "cli/commands.h"
#include "cli/facts_view.h"
#include "cli/ports_view.h"
#include "start/boot.h"

struct inspect_cli {
	bool json;
};

static const struct opt options[] = {
	OPT_JSON(struct inspect_cli, json),
	OPTS_END,
};

static void print_ports(const struct box *b)
{
	cleanup_free char *ports = ports_view_short(b);

	printf("ports      %s\n", ports);
}

/* Of a running box; see ADDED_NOTE. */
static void list_added(const struct box *b, struct strv *out)
{
	cleanup_buf struct buf notes = BUF_INIT;
	char *save = NULL;
	struct err ignored;

	if (!box_is_running(b) || box_start_notes(b, &notes, &ignored) < 0 || !notes.len)
		return;
	for (char *line = strtok_r(notes.data, "\n", &save); line;
	     line = strtok_r(NULL, "\n", &save))
		if (starts_with(line, ADDED_NOTE))
			strv_push(out, line + strlen(ADDED_NOTE));
}

static int print(const struct box *b, long long size, const char *folder, const char *control,
		 struct err *e)
{
	const char *state = box_view_state(b, e);
	cleanup_strv struct strv added = {0};
	char created[32], text[4096];

	printf("name       %s\n", b->name);
	printf("id         %s\n", b->id);
	printf("state      %s\n", state);
	if (streq(state, "running"))
		printf("pid        %d\n", box_pid(b));
	printf("image      %s\n", err_quote(text, sizeof(text), b->image));
	printf("project    %s%s\n",
	       err_quote(text, sizeof(text), box_belongs_to(b) ? box_belongs_to(b) : "-"),
	       box_project_gone(b) ? " (gone)" : "");
	printf("created    %s\n", box_view_created(b, created, sizeof(created)));
	printf("size       %s\n", box_view_size_text(size).s);
	print_ports(b);
	list_added(b, &added);
	for (size_t i = 0; i < added.n; i++)
		printf("added      %s\n", added.v[i]);
	printf("temporary  %s\n", b->temporary ? "yes" : "no");
	printf("directory  %s\n", err_quote(text, sizeof(text), folder));
	printf("control    %s\n", err_quote(text, sizeof(text), control));
	return streq(state, "unknown") ? -e->code : 0;
}

static int run(const struct args *args, int *ret_status, struct err *e)
{
	const struct inspect_cli *cli = args->options;
	cleanup_free char *folder = NULL, *control = NULL;
	cleanup_store struct store s = STORE_INIT;
	cleanup_box struct box b = BOX_INIT;
	cleanup_settings struct settings settings = {0};
	cleanup_strv struct strv added = {0};
	struct settings_request req = {0};
	struct json j = JSON_INIT;
	struct err ignored;
	bool known;
	long long size;
	int r = store_open(&s, e);

	(void)ret_status;
	if (r == 0)
		r = box_find(&s, args->v[0], &b, e);
	if (r < 0)
		return r;
	folder = xasprintf("%s/boxes/%s", s.data, b.id);
	control = box_control(&s, &b);
	size = box_view_size(&s, &b);
	/* A file that cannot be read is reported when the box is started with it. */
	req.project_dir = b.project;
	known = settings_load(&req, &settings, &ignored) == 0;
	if (!cli->json) {
		r = print(&b, size, folder, control, e);
		if (known)
			facts_view_print("follows    ", &settings);
		return r;
	}
	jsonout_object_begin(&j, NULL);
	r = box_view_json_members(&j, &b, e);
	box_view_json_size(&j, size);
	list_added(&b, &added);
	jsonout_array_begin(&j, "added");
	for (size_t i = 0; i < added.n; i++)
		jsonout_string(&j, NULL, added.v[i]);
	jsonout_array_end(&j);
	jsonout_string(&j, "folder", folder);
	jsonout_string(&j, "control", control);
	if (known)
		facts_view_json(&j, &settings);
	jsonout_object_end(&j);
	jsonout_print(&j);
	return r;
}

const struct command cmd_inspect = {
	.name = "inspect",
	.summary = "show the record and the state of a box",
	.usage = "[OPTIONS] PROJECT",
	.options = options,
	.options_size = sizeof(struct inspect_cli),
	.min_words = 1,
	.max_words = 1,
	.words = {WORD_BOX},
	.run = run,
};
