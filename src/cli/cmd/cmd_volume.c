/*
 * cmd_volume.c - `sandbox volume`: the volumes of services.
 *
 * Promises never to remove one that a box has: it holds the lock under which boxes get them.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/json.h"
#include "base/log.h"
#include "base/usage.h"
#include "box/volume.h"
#include "cli/ask/ask.h"
#include "cli/commands.h"

struct volume_cli {
	bool json, force;
};

static const struct opt json_table[] = {
	OPT_JSON(struct volume_cli, json),
	OPTS_END,
};

static const struct opt force_table[] = {
	{.letter = 'f', .name = "force", .help = "do not ask", OPT_FLAG(struct volume_cli, force)},
	OPTS_END,
};

/* What it is for: LABEL, or SERVICE:TARGET. */
static char *purpose(const struct volume *v)
{
	return v->label ? xstrdup(v->label)
			: xasprintf("%s:%s", v->service ? v->service : "?",
				    v->target ? v->target : "?");
}

static int json_volume(struct json *j, const struct store *s, const struct volume *v, bool size,
		       struct err *e)
{
	cleanup_free char *data = volume_data(s, v->id);
	unsigned long long bytes = 0;
	int r = size ? volume_usage(s, v->id, &bytes, e) : 0;

	jsonout_object_begin(j, NULL);
	jsonout_string(j, "name", v->name);
	jsonout_string(j, "id", v->id);
	jsonout_string(j, "project", v->project);
	jsonout_string(j, "label", v->label);
	jsonout_string(j, "service", v->service);
	jsonout_string(j, "target", v->target);
	jsonout_string(j, "used_by", v->user);
	jsonout_number(j, "created", v->created);
	jsonout_string(j, "folder", data);
	if (size)
		jsonout_number(j, "size", (long long)bytes);
	jsonout_object_end(j);
	return r;
}

static int open_list(struct store *s, struct volume_list *list, struct err *e)
{
	int r = store_open(s, e);

	return r < 0 ? r : volume_list(s, list, e);
}

static int run_ls(const struct args *args, int *ret_status, struct err *e)
{
	const struct volume_cli *cli = args->options;
	cleanup_volume_list struct volume_list list = {0};
	cleanup_store struct store s = STORE_INIT;
	struct json j = JSON_INIT;
	int r = open_list(&s, &list, e);

	(void)ret_status;
	if (r < 0)
		return r;
	if (cli->json)
		jsonout_array_begin(&j, NULL);
	else if (!args->quiet)
		printf("%-24s  %-16s  %s\n", "VOLUME", "USED BY", "PROJECT");
	for (size_t i = 0; r == 0 && i < list.n; i++) {
		const struct volume *v = &list.v[i];
		char project[512];

		if (cli->json)
			r = json_volume(&j, &s, v, false, e);
		else if (args->quiet)
			puts(v->name);
		else
			printf("%-24s  %-16s  %s\n", v->name, v->user ? v->user : "-",
			       err_quote(project, sizeof(project), v->project ? v->project : "?"));
	}
	if (cli->json) {
		jsonout_array_end(&j);
		jsonout_print(&j);
	}
	return r;
}

static const struct volume *find(const struct volume_list *list, const char *name)
{
	for (size_t i = 0; i < list->n; i++)
		if (streq(list->v[i].name, name) || streq(list->v[i].id, name))
			return &list->v[i];
	return NULL;
}

static int no_such(const char *name, struct err *e)
{
	return err_set(e, ENOENT, "there is no volume '%s': 'sandbox volume ls' lists them", name);
}

static int print_volume(const struct store *s, const struct volume *v, struct err *e)
{
	cleanup_free char *data = volume_data(s, v->id), *for_what = purpose(v);
	unsigned long long bytes = 0;
	time_t created = (time_t)v->created;
	char text[64] = "-", quoted[1024];
	struct tm tm;

	if (volume_usage(s, v->id, &bytes, e) < 0)
		return -e->code;
	if (localtime_r(&created, &tm))
		strftime(text, sizeof(text), "%Y-%m-%d %H:%M:%S", &tm);
	printf("name       %s\n", v->name);
	printf("for        %s\n", for_what);
	printf("project    %s\n", err_quote(quoted, sizeof(quoted), v->project ? v->project : "?"));
	printf("used by    %s\n", v->user ? v->user : "-");
	printf("created    %s\n", text);
	printf("size       %s\n", size_text(bytes).s);
	printf("folder     %s\n", err_quote(quoted, sizeof(quoted), data));
	return 0;
}

static int run_inspect(const struct args *args, int *ret_status, struct err *e)
{
	const struct volume_cli *cli = args->options;
	cleanup_volume_list struct volume_list list = {0};
	cleanup_store struct store s = STORE_INIT;
	struct json j = JSON_INIT;
	int r = open_list(&s, &list, e);

	(void)ret_status;
	if (r == 0 && cli->json)
		jsonout_array_begin(&j, NULL);
	for (int i = 0; r == 0 && i < args->n; i++) {
		const struct volume *v = find(&list, args->v[i]);

		if (!v)
			r = no_such(args->v[i], e);
		else if (cli->json)
			r = json_volume(&j, &s, v, true, e);
		else
			r = print_volume(&s, v, e);
	}
	if (cli->json && r == 0) {
		jsonout_array_end(&j);
		jsonout_print(&j);
	} else {
		buf_free(&j.out);
	}
	return r;
}

/* Opens the store, and locks and lists its volumes. */
static int open_locked(struct store *s, int *ret_lock, struct volume_list *list, struct err *e)
{
	int r = store_open(s, e);

	if (r == 0)
		r = volume_lock(s, ret_lock, e);
	return r < 0 ? r : volume_list(s, list, e);
}

static int run_rm(const struct args *args, int *ret_status, struct err *e)
{
	cleanup_volume_list struct volume_list list = {0};
	cleanup_store struct store s = STORE_INIT;
	cleanup_close int lock = -1;
	int r = open_locked(&s, &lock, &list, e);

	(void)ret_status;
	for (int i = 0; r == 0 && i < args->n; i++) {
		const struct volume *v = find(&list, args->v[i]);

		if (!v)
			r = no_such(args->v[i], e);
		else if (v->user)
			r = err_set(e, EBUSY,
				    v->by_service ? "volume '%s' is used by service '%s': 'sandbox "
						    "down' in its project, or 'sandbox rm %s', "
						    "first"
						  : "volume '%s' is used by box '%s', which runs: "
						    "'sandbox stop %s' first",
				    v->name, v->user, v->user);
		else
			r = volume_remove(&s, v->id, e);
	}
	return r;
}

static int confirm(const struct volume_list *list, struct err *e)
{
	cleanup_buf struct buf names = BUF_INIT;
	cleanup_free char *question = NULL;
	bool yes = false;
	int r;

	for (size_t i = 0; i < list->n; i++)
		if (!list->v[i].user)
			buf_addf(&names, "%s%s", names.len ? ", " : "", list->v[i].name);
	if (!names.len)
		return 0;
	if (!isatty(STDIN_FILENO) || !isatty(STDERR_FILENO))
		return err_set(e, EPERM, "--force removes the volumes that nothing uses: %s",
			       names.data);
	question = xasprintf("remove the volumes that nothing uses (%s)?", names.data);
	r = ask_yes(question, &yes, e);
	return r == 0 && !yes ? err_set(e, ECANCELED, "nothing was removed") : r;
}

static int run_prune(const struct args *args, int *ret_status, struct err *e)
{
	const struct volume_cli *cli = args->options;
	cleanup_volume_list struct volume_list list = {0};
	cleanup_store struct store s = STORE_INIT;
	cleanup_close int lock = -1;
	int r = open_locked(&s, &lock, &list, e);

	(void)ret_status;
	if (r == 0 && !cli->force)
		r = confirm(&list, e);
	for (size_t i = 0; r == 0 && i < list.n; i++) {
		if (list.v[i].user)
			continue;
		r = volume_remove(&s, list.v[i].id, e);
		if (r == 0)
			printf("%s\n", list.v[i].name);
	}
	return r;
}

static const struct command volume_ls = {
	.name = "volume ls",
	.summary = "list the volumes",
	.usage = "[OPTIONS]",
	.options = json_table,
	.options_size = sizeof(struct volume_cli),
	.run = run_ls,
};

static const struct command volume_inspect = {
	.name = "volume inspect",
	.summary = "show what is known of volumes, with their sizes",
	.usage = "[OPTIONS] VOLUME...",
	.options = json_table,
	.options_size = sizeof(struct volume_cli),
	.min_words = 1,
	.max_words = -1,
	.run = run_inspect,
};

static const struct command volume_rm = {
	.name = "volume rm",
	.summary = "remove volumes with all their files",
	.usage = "VOLUME...",
	.min_words = 1,
	.max_words = -1,
	.run = run_rm,
};

static const struct command volume_prune = {
	.name = "volume prune",
	.summary = "remove all volumes that nothing uses",
	.usage = "[OPTIONS]",
	.options = force_table,
	.options_size = sizeof(struct volume_cli),
	.run = run_prune,
};

static const struct command *const subcommands[] = {
	&volume_ls, &volume_inspect, &volume_rm, &volume_prune, NULL,
};

const struct command cmd_volume = {
	.name = "volume",
	.summary = "work with the volumes of services: ls, inspect, rm, prune",
	.usage = "COMMAND [ARGUMENTS]",
	.program = PROGRAM_VERBATIM,
	.max_words = 1,
	.words = {WORD_COMMAND},
	.subs = subcommands,
};
