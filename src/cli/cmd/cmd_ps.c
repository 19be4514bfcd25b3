/*
 * cmd_ps.c - `sandbox ps`: the running boxes and their processes, and the services.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/json.h"
#include "box/lifecycle.h"
#include "cli/box_view.h"
#include "cli/commands.h"
#include "cli/ports_view.h"
#include "cli/service_view.h"
#include "start/holder.h"

struct ps_cli {
	bool json;
};

static const struct opt options[] = {
	OPT_JSON(struct ps_cli, json),
	OPTS_END,
};

static void print_ports(const struct box *b)
{
	cleanup_free struct gateway_shown *v = NULL;
	char host[PORTS_VIEW_TEXT], box[PORTS_VIEW_TEXT];
	struct err ignored;
	size_t n = 0;

	if (holder_ports(b, &v, &n, &ignored) < 0)
		return;
	for (size_t i = 0; i < n; i++)
		printf("%-16s  %7s  (%s -> %s)\n", b->name, "-", ports_view_host(&v[i], host),
		       ports_view_box(&v[i], box));
}

static void print_box(const struct box *b, const struct box_process *v, size_t n)
{
	char line[512];

	if (n == 0)
		printf("%-16s  %7s  %s\n", b->name, "-", "(idle)");
	for (size_t i = 0; i < n; i++)
		printf("%-16s  %7d  %s\n", b->name, v[i].pid,
		       err_quote(line, sizeof(line), v[i].command));
	print_ports(b);
}

/* What the service does, for a box that is one. */
static int json_service(struct json *j, const struct store *s, const struct box *b, struct err *e)
{
	cleanup_services_state struct services_state state = {0};
	bool held;
	int r = services_look_box(s, b, &state, &held, e);

	if (r < 0)
		return r == -ENOENT ? 0 : r;
	jsonout_object_begin(j, "service");
	jsonout_string(j, "name", state.v[0].name);
	service_view_json_members(j, &state.v[0], held);
	jsonout_object_end(j);
	return 0;
}

static int json_box(struct json *j, const struct store *s, const struct box *b,
		    const struct box_process *v, size_t n, struct err *e)
{
	int r;

	jsonout_object_begin(j, NULL);
	r = box_view_json_members(j, b, e);
	jsonout_array_begin(j, "processes");
	for (size_t i = 0; i < n; i++) {
		jsonout_object_begin(j, NULL);
		jsonout_number(j, "pid", v[i].pid);
		jsonout_number(j, "parent", v[i].parent);
		jsonout_string(j, "command", v[i].command);
		jsonout_object_end(j);
	}
	jsonout_array_end(j);
	if (r == 0 && b->service)
		r = json_service(j, s, b, e);
	jsonout_object_end(j);
	return r;
}

static int show(struct json *j, bool json, bool quiet, const struct store *s, const struct box *b,
		struct err *e)
{
	struct box_process *v = NULL;
	size_t n = 0;
	int r = box_processes(b, &v, &n, e);

	/* A box that is not running, or has ended since the listing, has nothing to show; a
	 * service has its state. */
	if (r < 0 && (r != -ESRCH || !json || !b->service))
		return r == -ESRCH ? 0 : r;
	if (json)
		r = json_box(j, s, b, v, n, e);
	else if (quiet)
		puts(b->name);
	else
		print_box(b, v, n);
	box_processes_free(v, n);
	return r;
}

static int print_services(const struct store *s, struct box_list *list, struct err *e)
{
	bool header = false;
	int r = 0;

	for (size_t i = 0; r >= 0 && i < list->n; i++) {
		cleanup_services_state struct services_state state = {0};
		bool held;

		if (!list->v[i].service || (r = box_list_open(s, list, i, e)) <= 0)
			continue;
		r = services_look_box(s, &list->v[i], &state, &held, e);
		if (r == -ENOENT)
			r = 0;
		if (r < 0 || !state.n)
			continue;
		if (!header) {
			printf("\n");
			service_view_header();
		}
		header = true;
		service_view_print(list->v[i].name, &state.v[0], held);
	}
	return r;
}

static int run(const struct args *args, int *ret_status, struct err *e)
{
	const struct ps_cli *cli = args->options;
	cleanup_box_list struct box_list list = {0};
	cleanup_store struct store s = STORE_INIT;
	struct json j = JSON_INIT;
	int r = box_list_of_store(&s, &list, e);

	(void)ret_status;
	if (r < 0)
		return r;
	if (cli->json)
		jsonout_array_begin(&j, NULL);
	else if (!args->quiet)
		printf("%-16s  %7s  %s\n", "BOX", "PID", "COMMAND");
	for (size_t i = 0; r >= 0 && i < list.n; i++) {
		r = box_list_open(&s, &list, i, e);
		if (r > 0)
			r = show(&j, cli->json, args->quiet, &s, &list.v[i], e);
	}
	if (!cli->json && !args->quiet && r >= 0)
		r = print_services(&s, &list, e);
	if (cli->json)
		jsonout_array_end(&j);
	if (cli->json && r >= 0)
		jsonout_print(&j);
	else
		buf_free(&j.out);
	return r < 0 ? r : 0;
}

const struct command cmd_ps = {
	.name = "ps",
	.summary = "show what runs in the boxes",
	.usage = "[OPTIONS]",
	.options = options,
	.options_size = sizeof(struct ps_cli),
	.run = run,
};
