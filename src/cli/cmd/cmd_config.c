/*
 * cmd_config.c - `sandbox config`: a project's settings, and the line that sets each; also those of
 * sandbox.conf about images.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/json.h"
#include "base/log.h"
#include "box/project.h"
#include "cli/commands.h"
#include "cli/facts_view.h"
#include "cli/overrides.h"
#include "config/schema.h"
#include "config/settings.h"
#include "image/name/conf.h"

struct config_options {
	const char *variant, *config;
	struct strv profiles;
	bool json;
};

static const struct opt options[] = {
	{.name = "profile",
	 .arg = "PROFILE",
	 .help = "add a profile",
	 .word = WORD_PROFILE,
	 OPT_LIST(struct config_options, profiles)},
	{.name = "variant",
	 .arg = "NAME",
	 .help = "with the variant's [env:NAME]",
	 OPT_STRING(struct config_options, variant)},
	OPT_CONFIG(struct config_options, config),
	OPT_JSON(struct config_options, json),
	OPTS_END,
};

static const char built_in[] = "built-in";

/* One line of the output; owns nothing. */
struct row {
	const char *section, *key, *value, *source;
};

struct rows {
	struct row *v;
	size_t n;
};

static void rows_free(struct rows *r)
{
	free(r->v);
}

static void add_row(struct rows *r, struct row row)
{
	r->v = xrealloc(r->v, r->n + 1, sizeof(*r->v));
	r->v[r->n++] = row;
}

static void add_settings(const struct settings *s, struct rows *rows)
{
	for (size_t i = 0; i < s->n; i++)
		add_row(rows,
			(struct row){s->v[i].section, s->v[i].key, s->v[i].value, s->v[i].source});
}

/*
 * Built-in defaults that nothing overrides, in the order of the schema, then values from sources.
 */
static void collect(const struct settings *s, struct rows *rows)
{
	for (size_t i = 0; i < N_KEYS; i++) {
		const struct schema_key *k = &schema_keys[i];

		/* A default of every service is no setting of the project. */
		if (k->value && !streq(k->section, "service") &&
		    !settings_find(s, (enum schema_id)i))
			add_row(rows, (struct row){k->section, k->key, k->value, built_in});
	}
	add_settings(s, rows);
}

/* In the form of KEY on the command line, without the section [sandbox]. */
static char *full_key(const struct row *row)
{
	if (streq(row->section, "sandbox"))
		return xstrdup(row->key);
	return xasprintf("%s.%s", row->section, row->key);
}

static void print_table(const struct rows *rows)
{
	char key[256], value[1024], source[1024];
	int key_width = 0, value_width = 0;

	for (int pass = 0; pass < 2; pass++) {
		for (size_t i = 0; i < rows->n; i++) {
			cleanup_free char *full = full_key(&rows->v[i]);

			err_quote(key, sizeof(key), full);
			err_quote(value, sizeof(value), rows->v[i].value);
			if (pass == 1) {
				printf("%-*s = %-*s  %s\n", key_width, key, value_width, value,
				       err_quote(source, sizeof(source), rows->v[i].source));
				continue;
			}
			if ((int)strlen(key) > key_width)
				key_width = (int)strlen(key);
			/* One long value must not push all sources off the screen. */
			if ((int)strlen(value) > value_width && strlen(value) <= 40)
				value_width = (int)strlen(value);
		}
	}
}

static void print_json(const struct settings *s, const struct rows *rows, const struct strv *notes)
{
	struct json j = JSON_INIT;

	jsonout_object_begin(&j, NULL);
	jsonout_string(&j, "project", s->project_dir);
	jsonout_string(&j, "file", s->project_file);
	jsonout_string(&j, "devcontainer", s->devcontainer);
	jsonout_array_begin(&j, "settings");
	for (size_t i = 0; i < rows->n; i++) {
		jsonout_object_begin(&j, NULL);
		jsonout_string(&j, "section", rows->v[i].section);
		jsonout_string(&j, "key", rows->v[i].key);
		jsonout_string(&j, "value", rows->v[i].value);
		jsonout_string(&j, "source", rows->v[i].source);
		jsonout_object_end(&j);
	}
	jsonout_array_end(&j);
	jsonout_array_begin(&j, "notes");
	for (size_t i = 0; i < notes->n; i++)
		jsonout_string(&j, NULL, notes->v[i]);
	jsonout_array_end(&j);
	facts_view_json(&j, s);
	jsonout_object_end(&j);
	jsonout_print(&j);
}

/*
 * Splits SECTION.KEY, or KEY of [sandbox]; the caller frees both strings. Host names contain dots.
 */
static void split_key(const char *word, char **section, char **key)
{
	const char *dot = starts_with(word, "registry ") ? strrchr(word, '.') : strchr(word, '.');

	*section = dot ? xstrndup(word, (size_t)(dot - word)) : xstrdup("sandbox");
	*key = xstrdup(dot ? dot + 1 : word);
}

static bool is_key(const char *word)
{
	cleanup_free char *section = NULL, *key = NULL;

	split_key(word, &section, &key);
	return schema_find(section, key) || image_conf_has_key(section, key);
}

/* Keeps only the rows of one key. */
static int select_key(const char *word, struct rows *rows, struct err *e)
{
	cleanup_free char *section = NULL, *key = NULL;
	const char *names[N_KEYS + 1] = {NULL}, *near;
	size_t n = 0;

	if (!is_key(word)) {
		for (size_t i = 0; i < N_KEYS; i++)
			if (schema_is_main(&schema_keys[i]))
				names[n++] = schema_keys[i].key;
		near = nearest_word(word, names);
		return err_set(e, ERR_USAGE, "no setting '%s'%s%s%s", word,
			       near ? ": did you mean '" : ": see sandbox.ini(5)", near ? near : "",
			       near ? "'?" : "");
	}
	split_key(word, &section, &key);
	n = 0;
	for (size_t i = 0; i < rows->n; i++)
		if (streq(rows->v[i].section, section) && streq(rows->v[i].key, key))
			rows->v[n++] = rows->v[i];
	rows->n = n;
	return 0;
}

/* For programs as it is; a terminal gets no control characters, such as those of a variable. */
static void print_value(const char *value)
{
	cleanup_free char *copy = xstrdup(value);
	char *rest = copy, *line;

	if (!isatty(STDOUT_FILENO)) {
		puts(value);
		return;
	}
	while ((line = strsep(&rest, "\n"))) {
		cleanup_free char *quoted = err_quote_all(line);

		puts(quoted);
	}
}

static int run(const struct args *args, int *ret_status, struct err *e)
{
	const struct config_options *o = args->options;
	/* A single word that is a key means the key: name a box of that name by its directory. */
	bool one_key = args->n == 1 && is_key(args->v[0]);
	const char *project = args->n && !one_key ? args->v[0] : NULL;
	const char *key = args->n == 2 ? args->v[1] : one_key ? args->v[0] : NULL;
	cleanup_free char *dir = NULL;
	cleanup_settings struct settings s = {0};
	cleanup_image_conf struct image_conf conf = {0};
	cleanup_store struct store store = STORE_INIT;
	__attribute__((cleanup(rows_free))) struct rows rows = {0};
	cleanup_strv struct strv pending = {0};
	struct settings_request req = {.variant = o->variant, .profiles = o->profiles};
	int r;

	if (store_open(&store, e) < 0 || project_folder(&store, project, &dir, e) < 0)
		return -e->code;
	req.project_dir = dir;
	overrides_add(&req.overrides, KEY_DEVCONTAINER, o->config);
	r = settings_load(&req, &s, e);
	strv_clear(&req.overrides);
	if (r < 0 || image_conf_load(&conf, e) < 0)
		return -e->code;
	settings_pending(&s, &pending);
	collect(&s, &rows);
	add_settings(&conf.settings, &rows);
	if (key && select_key(key, &rows, e) < 0)
		return -e->code;
	if (o->json) {
		print_json(&s, &rows, &pending);
	} else if (key) {
		for (size_t i = 0; i < rows.n; i++)
			print_value(rows.v[i].value);
	} else {
		print_table(&rows);
		printf("\n");
		facts_view_print("host ", &s);
	}
	for (size_t i = 0; i < pending.n && !key && !o->json; i++)
		log_note("%s", pending.v[i]);
	*ret_status = key && rows.n == 0;
	return 0;
}

const struct command cmd_config = {
	.name = "config",
	.summary = "print the settings of a project and where each comes from",
	.usage = "[OPTIONS] [PROJECT] [KEY]",
	.options = options,
	.options_size = sizeof(struct config_options),
	.max_words = 2,
	.words = {WORD_PROJECT, WORD_KEY},
	.run = run,
};
