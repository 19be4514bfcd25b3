/*
 * cmd_version.c - `sandbox version`, and `sandbox --version`.
 *
 * SANDBOX_VERSION is defined by the build.
 */
#include <stdio.h>

#include "base/json.h"
#include "cli/commands.h"

#ifndef SANDBOX_VERSION
#define SANDBOX_VERSION "0.1"
#endif

struct version_options {
	bool json;
};

static const struct opt options[] = {
	OPT_JSON(struct version_options, json),
	OPTS_END,
};

void program_print_version(void)
{
	printf("sandbox %s\n", SANDBOX_VERSION);
}

static int run(const struct args *args, int *ret_status, struct err *e)
{
	const struct version_options *o = args->options;
	struct json j = JSON_INIT;

	(void)ret_status;
	(void)e;
	if (!o->json) {
		program_print_version();
		return 0;
	}
	jsonout_object_begin(&j, NULL);
	jsonout_string(&j, "version", SANDBOX_VERSION);
	jsonout_object_end(&j);
	jsonout_print(&j);
	return 0;
}

const struct command cmd_version = {
	.name = "version",
	.summary = "print the version",
	.usage = "[--json]",
	.options = options,
	.options_size = sizeof(struct version_options),
	.run = run,
};
