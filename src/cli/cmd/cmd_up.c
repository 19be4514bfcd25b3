/*
 * cmd_up.c - `sandbox up` and `sandbox restart`: start the services of a project.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/log.h"
#include "base/proc.h"
#include "box/service_box.h"
#include "cli/commands.h"
#include "cli/consent.h"
#include "cli/log_view.h"
#include "cli/overrides.h"
#include "cli/service_view.h"
#include "flow/services.h"

struct up_cli {
	bool detach, accept, json;
	const char *project;
	struct strv with, profiles;
};

static const struct opt up_table[] = {
	{.letter = 'd',
	 .name = "detach",
	 .help = "leave them running, once they are started",
	 OPT_FLAG(struct up_cli, detach)},
	OPT_OF_PROJECT(struct up_cli, project),
	{.name = "with",
	 .arg = "NAME",
	 .help = "start the services that have this profile too",
	 OPT_LIST(struct up_cli, with)},
	OPT_PROFILE(struct up_cli, profiles),
	OPT_ACCEPT(struct up_cli, accept),
	OPT_JSON(struct up_cli, json),
	OPTS_END,
};

static const struct opt restart_table[] = {
	OPT_OF_PROJECT(struct up_cli, project),
	OPT_PROFILE(struct up_cli, profiles),
	OPT_ACCEPT(struct up_cli, accept),
	OPT_JSON(struct up_cli, json),
	OPTS_END,
};

static volatile sig_atomic_t interrupted;

static void note_signal(int signo)
{
	interrupted = signo;
}

static void catch_signals(void)
{
	struct sigaction sa = {.sa_handler = note_signal};

	sigaction(SIGINT, &sa, NULL);
	sigaction(SIGTERM, &sa, NULL);
	sigaction(SIGHUP, &sa, NULL);
}

struct watched {
	const struct service_group *group;
	struct err *e;
	int r;
};

/* At a signal all are stopped; what they say while they end is still printed. */
static bool is_over(void *arg)
{
	struct watched *w = arg;
	cleanup_services_state struct services_state state = {0};

	if (interrupted) {
		log_note("stopping the services");
		w->r = services_stop(w->group, -1, w->e);
		return true;
	}
	w->r = services_look_settled(w->group, &state, w->e);
	if (w->r == -ERR_RETRY) {
		w->r = 0;
		return false;
	}
	for (size_t i = 0; i < state.n; i++)
		if (state.v[i].status <= SERVICE_RESTARTING)
			return w->r < 0;
	return true;
}

static int open_sources(const struct service_group *g, struct log_source *v, struct log_view *view,
			struct err *e)
{
	for (size_t i = 0; i < g->names.n; i++) {
		int r = service_box_find(&g->store, g->mark, g->names.v[i], &v[i].box, e);

		if (r < 0)
			return r;
		v[i].name = g->names.v[i];
		if ((int)strlen(v[i].name) > view->width)
			view->width = (int)strlen(v[i].name);
	}
	return log_view_open(v, g->names.n, -1, e);
}

/* One that has failed is an error, however the others ended. */
static int check_failed(const struct service_group *g, struct err *e)
{
	cleanup_services_state struct services_state state = {0};
	bool held;
	int r = services_look(g, &state, &held, e);

	for (size_t i = 0; r == 0 && i < state.n; i++)
		if (state.v[i].status == SERVICE_FAILED)
			r = err_set(e, EIO, "service '%s': %s", state.v[i].name,
				    state.v[i].error ? state.v[i].error : "failed");
	return r;
}

/* In the foreground: their output, until they have ended or a signal ends them. */
static int follow(const struct service_group *g, bool json, int *ret_status, struct err *e)
{
	struct log_view view = {.json = json, .terminal = isatty(STDOUT_FILENO), .since = g->since};
	struct log_source *v = log_sources_make(g->names.n, &view);
	struct watched w = {.group = g, .e = e};
	int r = open_sources(g, v, &view, e);

	if (r == 0)
		r = log_view_follow(v, g->names.n, is_over, &w, e);
	/* Nobody reads it any more: they end, as at Ctrl-C. */
	if (r < 0)
		services_stop(g, -1, &(struct err){0});
	log_sources_clear(v, g->names.n);
	if (r == 0)
		r = w.r;
	if (r == 0 && interrupted)
		*ret_status = STATUS_OF_SIGNAL(interrupted);
	return r < 0 || interrupted ? r : check_failed(g, e);
}

static int start(struct up_options *o, const struct up_cli *cli, bool detach, int *ret_status,
		 struct err *e)
{
	cleanup_service_group struct service_group g = SERVICE_GROUP_INIT;
	int r;

	if (!detach)
		catch_signals();
	r = service_up(o, &g, e);
	if (r < 0)
		return r;
	if (!detach)
		return follow(&g, cli->json, ret_status, e);
	r = services_wait_started(&g, false, e);
	return r < 0 ? r : service_view_group(&g, cli->json, e);
}

static int run_up(const struct args *args, int *ret_status, struct err *e)
{
	const struct up_cli *cli = args->options;
	const struct consent consent = {
		.accept = cli->accept, .command = "up", .option = "--project "};
	struct up_options o = {.project = cli->project,
			       .words = args->v,
			       .with = cli->with,
			       .asker = consent_asker(&consent),
			       .settings = {.profiles = cli->profiles}};

	return start(&o, cli, cli->detach, ret_status, e);
}

static int run_restart(const struct args *args, int *ret_status, struct err *e)
{
	const struct up_cli *cli = args->options;
	const struct consent consent = {
		.accept = cli->accept, .command = "up", .option = "--project "};
	cleanup_service_group struct service_group g = SERVICE_GROUP_INIT;
	struct up_options o = {.project = cli->project,
			       .again = true,
			       .asker = consent_asker(&consent),
			       .settings = {.profiles = cli->profiles}};
	int r = services_group(cli->project, args->v, &g, e);

	if (r < 0)
		return r;
	o.words = g.names.v;
	return start(&o, cli, true, ret_status, e);
}

const struct command cmd_up = {
	.name = "up",
	.summary = "start the services of a project",
	.usage = "[OPTIONS] [SERVICE...]",
	.options = up_table,
	.options_size = sizeof(struct up_cli),
	.max_words = -1,
	.words = {WORD_SERVICE},
	.run = run_up,
};

const struct command cmd_restart = {
	.name = "restart",
	.summary = "stop services and start them again",
	.usage = "[OPTIONS] [SERVICE...]",
	.options = restart_table,
	.options_size = sizeof(struct up_cli),
	.max_words = -1,
	.words = {WORD_SERVICE},
	.run = run_restart,
};
