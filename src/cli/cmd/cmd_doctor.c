/*
 * cmd_doctor.c - `sandbox doctor`: what this machine allows and how to get the rest.
 *
 * Exit status 0 if a box can start, else 1.
 */
#include <stdio.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "base/json.h"
#include "base/proc.h"
#include "cli/commands.h"
#include "config/profile.h"
#include "config/xdg.h"
#include "doctor/doctor.h"

struct doctor_options {
	bool json;
};

static const struct opt options[] = {
	OPT_JSON(struct doctor_options, json),
	OPTS_END,
};

static const char *const state_words[] = {
	[DOCTOR_OK] = "ok",
	[DOCTOR_NOTE] = "note",
	[DOCTOR_FAIL] = "fail",
};

static void print_result(const char *name, const struct doctor_result *r)
{
	printf("%-4s  %-16s  %s\n", state_words[r->state], name, r->seen);
	if (r->rung)
		printf("%24s%s\n", "", r->rung);
	for (size_t i = 0; i < r->fix.n && r->state != DOCTOR_OK; i++)
		printf("%24s%s %s\n", "", i == 0 ? "fix:" : "    ", r->fix.v[i]);
}

static void json_result(struct json *j, const char *name, const struct doctor_result *r)
{
	jsonout_object_begin(j, NULL);
	jsonout_string(j, "name", name);
	jsonout_string(j, "state", state_words[r->state]);
	jsonout_string(j, "seen", r->seen);
	jsonout_string(j, "rung", r->rung);
	jsonout_array_begin(j, "fix");
	for (size_t i = 0; i < r->fix.n; i++)
		jsonout_string(j, NULL, r->fix.v[i]);
	jsonout_array_end(j);
	jsonout_object_end(j);
}

/* Runs all checks; prints text as it goes. Returns whether a box can start. */
static bool examine(const struct doctor_place *place, struct json *j, bool json)
{
	bool can_start = true;

	for (size_t i = 0; i < doctor_n_checks; i++) {
		struct doctor_result r = {.seen = NULL};

		doctor_checks[i].check(place, &r);
		can_start = can_start && r.state != DOCTOR_FAIL;
		if (json)
			json_result(j, doctor_checks[i].name, &r);
		else
			print_result(doctor_checks[i].name, &r);
		doctor_result_clear(&r);
	}
	return can_start;
}

static int run(const struct args *args, int *ret_status, struct err *e)
{
	const struct doctor_options *o = args->options;
	cleanup_free char *data = xdg_data_dir(), *share = profile_data_dir();
	const char *self = proc_self();
	struct json j = JSON_INIT;
	bool can_start;

	(void)e;
	jsonout_object_begin(&j, NULL);
	jsonout_array_begin(&j, "checks");
	can_start = examine(&(struct doctor_place){.data_dir = data,
						   .exe = self ? self : "sandbox",
						   .share_dir = share ? share : "share/sandbox"},
			    &j, o->json);
	jsonout_array_end(&j);
	jsonout_bool(&j, "can_start", can_start);
	jsonout_object_end(&j);
	if (o->json) {
		jsonout_print(&j);
	} else {
		buf_free(&j.out);
		printf("\n%s\n", can_start ? "Boxes can start on this machine."
					   : "No box can start until the failed checks are fixed.");
	}
	*ret_status = can_start ? 0 : 1;
	return 0;
}

const struct command cmd_doctor = {
	.name = "doctor",
	.summary = "check what this machine allows, and how to fix it",
	.usage = "[--json]",
	.options = options,
	.options_size = sizeof(struct doctor_options),
	.run = run,
};
