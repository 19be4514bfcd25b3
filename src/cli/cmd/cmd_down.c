/*
 * cmd_down.c - `sandbox down` and `sandbox wait`.
 */
#include <errno.h>
#include <stdio.h>

#include "base/cleanup.h"
#include "base/log.h"
#include "base/proc.h"
#include "cli/commands.h"
#include "cli/overrides.h"
#include "cli/service_view.h"
#include "flow/services.h"

struct down_cli {
	bool volumes;
	long time;
	const char *project;
};

static const struct down_cli down_defaults = {.time = -1};

static const struct opt down_table[] = {
	{.letter = 'v',
	 .name = "volumes",
	 .help = "remove the project's volumes too",
	 OPT_FLAG(struct down_cli, volumes)},
	{.letter = 't',
	 .name = "time",
	 .arg = "SECONDS",
	 .help = "how long they may take to end; default: their stop-timeout",
	 OPT_NUMBER(struct down_cli, time)},
	OPT_OF_PROJECT(struct down_cli, project),
	OPTS_END,
};

static int run_down(const struct args *args, int *ret_status, struct err *e)
{
	const struct down_cli *cli = args->options;
	cleanup_service_group struct service_group g = SERVICE_GROUP_INIT;
	int r = services_group(cli->project, NULL, &g, e);

	(void)ret_status;
	/* Nothing to end is what was asked for. */
	if (r == -ENOENT && g.project && !cli->volumes) {
		log_note("%s", e->msg);
		return 0;
	}
	if (r == -ENOENT && g.project)
		return services_remove_volumes(&g, e);
	return r < 0 ? r
		     : services_down(&g, cli->time < 0 ? -1 : cli->time * 1000, cli->volumes, e);
}

const struct command cmd_down = {
	.name = "down",
	.summary = "stop the services of a project and remove their boxes",
	.usage = "[OPTIONS]",
	.options = down_table,
	.options_size = sizeof(struct down_cli),
	.defaults = &down_defaults,
	.run = run_down,
};

struct wait_cli {
	bool exit, json;
	const char *project;
};

static const struct opt wait_table[] = {
	{.name = "exit",
	 .help = "wait until they have ended, and exit as the last one did",
	 OPT_FLAG(struct wait_cli, exit)},
	OPT_OF_PROJECT(struct wait_cli, project),
	OPT_JSON(struct wait_cli, json),
	OPTS_END,
};

static int run_wait(const struct args *args, int *ret_status, struct err *e)
{
	const struct wait_cli *cli = args->options;
	cleanup_service_group struct service_group g = SERVICE_GROUP_INIT;
	int status = 0, r = services_group(cli->project, args->v, &g, e);

	if (r == 0)
		r = cli->exit ? services_wait_ended(&g, &status, e)
			      : services_wait_started(&g, true, e);
	if (r == 0 && cli->json)
		r = service_view_group(&g, true, e);
	if (r == 0)
		*ret_status = STATUS_EXIT(status);
	return r;
}

const struct command cmd_wait = {
	.name = "wait",
	.summary = "wait until services are healthy, or have ended",
	.usage = "[OPTIONS] [SERVICE...]",
	.options = wait_table,
	.options_size = sizeof(struct wait_cli),
	.max_words = -1,
	.words = {WORD_SERVICE},
	.run = run_wait,
};
