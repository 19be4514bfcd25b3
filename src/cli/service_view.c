/*
 * service_view.c - what services do, as a table and as JSON.
 */
#include "cli/service_view.h"

#include <stdio.h>
#include <time.h>

#include "base/cleanup.h"
#include "base/proc.h"

void service_view_header(void)
{
	printf("%-16s  %-10s  %-9s  %8s  %s\n", "SERVICE", "STATE", "HEALTH", "RESTARTS", "NOTE");
}

static char *note_of(const struct service_state *s, bool held)
{
	if (s->error)
		return xstrdup(s->error);
	if (s->status == SERVICE_EXITED && s->exit >= 0)
		return xasprintf("status %d", STATUS_EXIT(s->exit));
	if (s->status == SERVICE_EXITED)
		return xstrdup("was killed");
	if (s->status == SERVICE_RUNNING && !held)
		return xstrdup("its holder is gone: 'sandbox up' takes it over");
	return xstrdup("");
}

void service_view_print(const char *name, const struct service_state *s, bool held)
{
	const char *healthy = service_healthy_word(s->healthy);
	cleanup_free char *note = note_of(s, held);

	printf("%-16s  %-10s  %-9s  %8u%s%s\n", name, service_status_word(s->status),
	       *healthy ? healthy : "-", s->restarts, *note ? "  " : "", note);
}

void service_view_json_members(struct json *j, const struct service_state *s, bool held)
{
	const char *healthy = service_healthy_word(s->healthy);

	jsonout_string(j, "state", service_status_word(s->status));
	jsonout_string(j, "health", *healthy ? healthy : NULL);
	jsonout_number(j, "restarts", s->restarts);
	if (s->exit >= 0)
		jsonout_number(j, "exit", STATUS_EXIT(s->exit));
	else
		jsonout_string(j, "exit", NULL);
	jsonout_number(j, "since", s->since);
	jsonout_string(j, "error", s->error);
	jsonout_bool(j, "held", held);
}

int service_view_group(const struct service_group *g, bool json, struct err *e)
{
	cleanup_services_state struct services_state state = {0};
	struct json j = JSON_INIT;
	bool held;
	int r = services_look(g, &state, &held, e);

	if (r < 0)
		return r;
	if (json)
		jsonout_array_begin(&j, NULL);
	else
		service_view_header();
	for (size_t i = 0; i < state.n; i++) {
		if (!json) {
			service_view_print(state.v[i].name, &state.v[i], held);
			continue;
		}
		jsonout_object_begin(&j, NULL);
		jsonout_string(&j, "name", state.v[i].name);
		service_view_json_members(&j, &state.v[i], held);
		jsonout_object_end(&j);
	}
	if (json) {
		jsonout_array_end(&j);
		jsonout_print(&j);
	}
	return 0;
}
