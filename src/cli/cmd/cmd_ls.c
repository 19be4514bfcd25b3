/*
 * cmd_ls.c - `sandbox ls`: lists every box. Also the names for completion.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/json.h"
#include "base/log.h"
#include "box/lifecycle.h"
#include "cli/box_view.h"
#include "cli/commands.h"
#include "cli/ports_view.h"

struct ls_cli {
	bool json, names, size;
};

static const struct opt options[] = {
	{.name = "names", .help = "print only the names", OPT_FLAG(struct ls_cli, names)},
	{.letter = 's',
	 .name = "size",
	 .help = "also print the disk space of each box",
	 OPT_FLAG(struct ls_cli, size)},
	OPT_JSON(struct ls_cli, json),
	OPTS_END,
};

int complete_boxes(struct strv *out)
{
	cleanup_box_list struct box_list list = {0};
	cleanup_store struct store s = STORE_INIT;
	struct err ignored;
	int r = box_list_of_store(&s, &list, &ignored);

	for (size_t i = 0; i < list.n; i++)
		strv_push(out, list.v[i].name);
	return r;
}

/* Shows all boxes; what could not be determined for one is an error at the end. */
static int print_table(const struct store *s, struct box_list *list, bool sizes, struct err *e)
{
	struct err unknown = {0}, said;
	int r = 0, width = 4;

	for (size_t i = 0; i < list->n; i++)
		if ((int)strlen(list->v[i].name) > width)
			width = (int)strlen(list->v[i].name);
	if (list->n)
		printf("%-*s  %-8s  %-16s  %-16s  %s%s\n", width, "NAME", "STATE", "CREATED",
		       "IMAGE", sizes ? "     SIZE  " : "", "PORTS             PROJECT");
	for (size_t i = 0; r >= 0 && i < list->n; i++) {
		const struct box *b = &list->v[i];
		char created[32], image[128], project[1024], size[32] = "";
		cleanup_free char *ports = NULL;

		r = box_list_open(s, list, i, e);
		if (r <= 0)
			continue;
		if (sizes)
			snprintf(size, sizeof(size), "%9s  ",
				 box_view_size_text(box_view_size(s, b)).s);
		ports = ports_view_short(b);
		printf("%-*s  %-8s  %-16s  %-16s  %s%-16s  %s%s\n", width, b->name,
		       box_view_state(b, b->damaged ? &said : &unknown),
		       box_view_created(b, created, sizeof(created)),
		       err_quote(image, sizeof(image), b->image), size, ports,
		       err_quote(project, sizeof(project),
				 box_belongs_to(b) ? box_belongs_to(b) : "-"),
		       box_project_gone(b) ? " (gone)" : "");
	}
	if (r >= 0 && unknown.code)
		*e = unknown;
	return r < 0 ? r : -unknown.code;
}

static int print_json(const struct store *s, struct box_list *list, bool sizes, struct err *e)
{
	struct json j = JSON_INIT;
	struct err unknown = {0};
	int r = 0;

	jsonout_array_begin(&j, NULL);
	for (size_t i = 0; r >= 0 && i < list->n; i++) {
		r = box_list_open(s, list, i, e);
		if (r <= 0)
			continue;
		jsonout_object_begin(&j, NULL);
		box_view_json_members(&j, &list->v[i], &unknown);
		if (sizes)
			box_view_json_size(&j, box_view_size(s, &list->v[i]));
		jsonout_object_end(&j);
	}
	jsonout_array_end(&j);
	if (r >= 0)
		jsonout_print(&j);
	else
		buf_free(&j.out);
	if (r >= 0 && unknown.code)
		*e = unknown;
	return r < 0 ? r : -unknown.code;
}

/* A box whose record cannot be read has no name either. */
static void tell_damaged(const struct box_list *list)
{
	for (size_t i = 0; i < list->n; i++)
		if (list->v[i].damaged)
			log_warn("%s", list->v[i].why);
}

static int run(const struct args *args, int *ret_status, struct err *e)
{
	const struct ls_cli *cli = args->options;
	cleanup_box_list struct box_list list = {0};
	cleanup_store struct store s = STORE_INIT;
	int r = box_list_of_store(&s, &list, e);

	(void)ret_status;
	if (r < 0)
		return r;
	tell_damaged(&list);
	if (cli->json)
		return print_json(&s, &list, cli->size, e);
	if (!cli->names && !args->quiet)
		return print_table(&s, &list, cli->size, e);
	for (size_t i = 0; i < list.n; i++)
		printf("%s\n", list.v[i].name);
	return 0;
}

const struct command cmd_ls = {
	.name = "ls",
	.summary = "list the boxes",
	.usage = "[OPTIONS]",
	.options = options,
	.options_size = sizeof(struct ls_cli),
	.run = run,
};
