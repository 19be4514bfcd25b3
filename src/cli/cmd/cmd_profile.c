/*
 * cmd_profile.c - `sandbox profile ls|show`: lists profiles and shows their content.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/file.h"
#include "base/json.h"
#include "base/quote.h"
#include "cli/commands.h"
#include "config/ini.h"
#include "config/profile.h"
#include "config/schema.h"

struct profile_options {
	bool json;
};

static const struct opt options[] = {
	OPT_JSON(struct profile_options, json),
	OPTS_END,
};

static int list(bool json, struct err *e)
{
	struct profile *profiles;
	struct json j = JSON_INIT;
	int width = 0;
	size_t n;

	if (profile_list(&profiles, &n, e) < 0)
		return -e->code;
	jsonout_array_begin(&j, NULL);
	for (size_t i = 0; i < n; i++) {
		jsonout_object_begin(&j, NULL);
		jsonout_string(&j, "name", profiles[i].name);
		jsonout_string(&j, "description", profiles[i].description);
		jsonout_string(&j, "path", profiles[i].path);
		jsonout_bool(&j, "system", profiles[i].system);
		jsonout_object_end(&j);
		if ((int)strlen(profiles[i].name) > width)
			width = (int)strlen(profiles[i].name);
	}
	jsonout_array_end(&j);
	for (size_t i = 0; i < n && !json; i++) {
		cleanup_free char *description = err_quote_all(profiles[i].description);

		printf("%-*s  %s\n", width, profiles[i].name, description);
	}
	if (json)
		jsonout_print(&j);
	else
		buf_free(&j.out);
	profile_list_free(profiles, n);
	return 0;
}

static int show_json(const char *name, const char *path, bool system, struct err *e)
{
	cleanup_ini struct ini ini = {0};
	struct json j = JSON_INIT;
	int r = ini_read(path, path, system, schema_is_script, &ini, e);

	if (r < 0)
		return r;
	jsonout_object_begin(&j, NULL);
	jsonout_string(&j, "name", name);
	jsonout_string(&j, "path", path);
	jsonout_bool(&j, "system", system);
	jsonout_array_begin(&j, "settings");
	for (size_t i = 0; i < ini.n; i++) {
		if (!ini.v[i].key)
			continue;
		jsonout_object_begin(&j, NULL);
		jsonout_string(&j, "section", ini.v[i].section);
		jsonout_string(&j, "key", ini.v[i].key);
		jsonout_string(&j, "value", ini.v[i].value);
		jsonout_number(&j, "line", ini.v[i].line);
		jsonout_object_end(&j);
	}
	jsonout_array_end(&j);
	jsonout_object_end(&j);
	jsonout_print(&j);
	return 0;
}

static int show(const char *name, bool json, struct err *e)
{
	cleanup_free char *here = getcwd(NULL, 0), *path = NULL;
	cleanup_buf struct buf text = BUF_INIT, shown = BUF_INIT;
	bool system;
	int r = profile_find(name, here ? here : "/", NULL, &path, &system, e);

	if (r < 0)
		return r;
	if (json)
		return show_json(name, path, system, e);
	r = file_read(AT_FDCWD, path, INI_MAX_BYTES, &text, e);
	quote_text(text.data, text.len, &shown);
	if (r == 0)
		fwrite(shown.data, 1, shown.len, stdout);
	return r;
}

static int run(const struct args *args, int *ret_status, struct err *e)
{
	const struct profile_options *o = args->options;

	(void)ret_status;
	if (args->n == 0 || (streq(args->v[0], "ls") && args->n == 1))
		return list(o->json, e);
	if (streq(args->v[0], "show") && args->n == 2)
		return show(args->v[1], o->json, e);
	return err_set(e, ERR_USAGE, "use 'sandbox profile ls' or 'sandbox profile show PROFILE'");
}

const struct command cmd_profile = {
	.name = "profile",
	.summary = "list the profiles, or show one",
	.usage = "[--json] [ls | show PROFILE]",
	.options = options,
	.options_size = sizeof(struct profile_options),
	.max_words = 2,
	.words = {WORD_CHOICE, WORD_PROFILE},
	.choices = "ls show",
	.run = run,
};
