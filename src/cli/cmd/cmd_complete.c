/*
 * cmd_complete.c - `sandbox __complete WORD...`: candidates for the last word.
 *
 * The shells' completion files (completions/) run it at each key press, so that options, words and
 * names come from the tables and the disk and are maintained in one place. Promises to be silent:
 * if something cannot be determined, there are no candidates.
 *
 * Output: a first line `KIND<TAB>PREFIX`, then one line `CANDIDATE<TAB>DESCRIPTION` each. KIND says
 * what the shell itself adds after PREFIX: files, dirs, programs or none.
 */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "box/project.h"
#include "cli/commands.h"
#include "config/profile.h"
#include "config/schema.h"
#include "config/service.h"
#include "config/value.h"
#include "config/xdg.h"
#include "image/name/conf.h"
#include "image/name/ref.h"

/* The position of the word to complete, from the words before it. */
struct position {
	const struct command *cmd;   /* NULL: an unknown command */
	const struct command *topic; /* of `help`: the command that its first word names, or NULL */
	const struct opt *pending;   /* the option whose value it is */
	int words;		     /* positional words so far */
	int program_words;	     /* words of the program so far; -1: not there yet */
	bool literal;		     /* after `--` */
};

/* The option in a group of letters whose value would be the next word, or NULL. */
static const struct opt *pending_letter(const struct command *cmd, const char *word)
{
	for (const char *p = word + 1; *p; p++) {
		const struct opt *o = opt_find_letter(cmd, *p);

		if (o && *o->arg)
			return p[1] ? NULL : o;
	}
	return NULL;
}

static void step_word(struct position *at, const char *word)
{
	struct err ignored;

	if (!at->cmd->name || at->cmd->subs) {
		if (command_lookup(at->cmd->name ? at->cmd : NULL, word, &at->cmd, &ignored) < 0)
			at->cmd = NULL;
		at->literal = at->cmd && at->cmd->raw;
		return;
	}
	if (at->words++ == 0 && command_word(at->cmd, 0) == WORD_COMMAND)
		command_lookup(NULL, word, &at->topic, &ignored);
	if (at->cmd->program == PROGRAM_AFTER_WORD)
		at->program_words = 0;
}

static void take_word(struct position *at, const char *word)
{
	if (at->pending) {
		at->pending = NULL;
	} else if (at->program_words == 0 && streq(word, "--")) {
		return;
	} else if (at->program_words >= 0) {
		at->program_words++;
	} else if (!at->literal && streq(word, "--")) {
		at->literal = true;
		if (at->cmd->program == PROGRAM_AFTER_DASHES)
			at->program_words = 0;
	} else if (!at->literal && starts_with(word, "--")) {
		size_t len = strcspn(word + 2, "=");
		const struct opt *o = opt_find(at->cmd, word + 2, len);

		if (o && *o->arg && !word[2 + len])
			at->pending = o;
	} else if (!at->literal && word[0] == '-' && word[1]) {
		at->pending = pending_letter(at->cmd, word);
	} else {
		step_word(at, word);
	}
}

static void print_kind(const char *kind, const char *prefix, const char *more)
{
	printf("%s\t%s%s\n", kind, prefix, more);
}

static void print_list(const char *prefix, const struct strv *list)
{
	for (size_t i = 0; i < list->n; i++)
		printf("%s%s\t\n", prefix, list->v[i]);
}

static void print_commands(const struct command *group)
{
	const struct command *const *list = group->subs ? group->subs : commands;

	for (size_t i = 0; list[i]; i++)
		if (!list[i]->hidden)
			printf("%s\t%s\n", command_last_name(list[i]), list[i]->summary);
}

/* Names of stored images, in their short form. */
static void print_images(const char *prefix)
{
	cleanup_free char *data = xdg_data_dir();
	cleanup_image_conf struct image_conf conf = {0};
	cleanup_strv struct strv names = {0};
	cleanup_close int fd = open(data, O_PATH | O_DIRECTORY | O_CLOEXEC);
	struct err ignored;

	if (fd < 0 || image_conf_load(&conf, &ignored) < 0 || ref_list(fd, &names, &ignored) < 0)
		return;
	for (size_t i = 0; i < names.n; i++) {
		cleanup_free char *name = reference_short(names.v[i], conf.registry);

		printf("%s%s\t\n", prefix, name);
	}
}

static void print_profiles(const char *prefix)
{
	struct profile *profiles;
	struct err e;
	size_t n;

	if (profile_list(&profiles, &n, &e) < 0)
		return;
	for (size_t i = 0; i < n; i++)
		printf("%s%s\t%s\n", prefix, profiles[i].name, profiles[i].description);
	profile_list_free(profiles, n);
}

static void print_boxes(const char *prefix)
{
	cleanup_strv struct strv names = {0};

	if (complete_boxes(&names) == 0)
		print_list(prefix, &names);
}

/* Those of the project here. */
static void print_services(const char *prefix)
{
	cleanup_settings struct settings settings = {0};
	cleanup_services struct services list = {0};
	cleanup_store struct store s = STORE_INIT;
	cleanup_free char *dir = NULL;
	struct settings_request req = {0};
	struct err ignored;

	if (store_open(&s, &ignored) < 0 || project_folder(&s, NULL, &dir, &ignored) < 0)
		return;
	req.project_dir = dir;
	if (settings_load(&req, &settings, &ignored) < 0 ||
	    services_load(&settings, &list, &ignored) < 0)
		return;
	for (size_t i = 0; i < list.n; i++)
		printf("%s%s\t%s\n", prefix, list.v[i].name, list.v[i].image);
}

static void print_keys(const char *prefix)
{
	for (size_t i = 0; i < N_KEYS; i++) {
		const struct schema_key *k = &schema_keys[i];
		bool main_section = schema_is_main(k);

		if (streq(k->key, "*") || streq(k->section, "service"))
			continue;
		printf("%s%s%s%s\t%s\n", prefix, main_section ? "" : k->section,
		       main_section ? "" : ".", k->key, k->help);
	}
}

/* The first line precedes the candidates, so each case prints its own. */
static void print_word(const struct command *cmd, enum word word, const char *choices,
		       const char *prefix, const char *value)
{
	cleanup_strv struct strv list = {0};

	switch (word) {
	case WORD_ANY:
		print_kind("none", prefix, "");
		break;
	case WORD_FILE:
		print_kind("files", prefix, "");
		break;
	case WORD_DIR:
		print_kind("dirs", prefix, "");
		break;
	case WORD_BOX:
		print_kind("none", prefix, "");
		print_boxes(prefix);
		break;
	case WORD_SERVICE:
		print_kind("none", prefix, "");
		print_services(prefix);
		break;
	case WORD_PROJECT:
		print_kind("dirs", prefix, "");
		print_boxes(prefix);
		break;
	case WORD_IMAGE:
		if (starts_with(value, "dir:")) {
			print_kind("dirs", prefix, "dir:");
			break;
		}
		print_kind("none", prefix, "");
		print_images(prefix);
		if (cmd->program_name)
			break;
		printf("%shost\tthe system of this machine\n", prefix);
		printf("%sdir:\ta directory with a root file system\n", prefix);
		break;
	case WORD_PROFILE:
		print_kind(strchr(value, '/') ? "files" : "none", prefix, "");
		print_profiles(prefix);
		break;
	case WORD_KEY:
		print_kind("none", prefix, "");
		print_keys(prefix);
		break;
	case WORD_COMMAND:
		print_kind("none", prefix, "");
		print_commands(cmd);
		break;
	case WORD_PROGRAM:
		print_kind("programs", prefix, "");
		break;
	case WORD_CHOICE:
		print_kind("none", prefix, "");
		value_words(choices, &list);
		print_list(prefix, &list);
		break;
	}
}

static void print_options(const struct command *cmd)
{
	const struct opt *tables[] = {cmd->options, common_options};

	print_kind("none", "", "");
	for (size_t t = 0; t < ARRAY_SIZE(tables); t++)
		for (const struct opt *o = tables[t]; o && *o->name; o++)
			printf("--%s\t%s\n", o->name, o->help);
}

static void complete_at(const struct position *at, const char *current)
{
	const struct command *cmd = at->cmd;
	const struct opt *o;
	size_t len;

	if (at->pending) {
		print_word(cmd, at->pending->word, at->pending->choices, "", current);
	} else if (at->program_words >= 0) {
		print_word(cmd, at->program_words == 0 ? WORD_PROGRAM : WORD_FILE, NULL, "",
			   current);
	} else if (!at->literal && starts_with(current, "--") && strchr(current, '=')) {
		len = strcspn(current, "=") + 1;
		o = opt_find(cmd, current + 2, len - 3);
		if (o && *o->arg) {
			cleanup_free char *prefix = xstrndup(current, len);

			print_word(cmd, o->word, o->choices, prefix, current + len);
		}
	} else if (!at->literal && current[0] == '-') {
		print_options(cmd);
	} else if (at->words == 1 && command_word(cmd, 1) == WORD_COMMAND) {
		print_kind("none", "", "");
		if (at->topic && at->topic->subs)
			print_commands(at->topic);
	} else if (cmd->max_words < 0 || at->words < cmd->max_words) {
		print_word(cmd, command_word(cmd, at->words), cmd->choices, "", current);
	}
}

static int run(const struct args *args, int *ret_status, struct err *e)
{
	struct position at = {.cmd = &program_command, .program_words = -1};

	(void)ret_status;
	(void)e;
	for (int i = 0; i + 1 < args->n && at.cmd; i++)
		take_word(&at, args->v[i]);
	if (at.cmd)
		complete_at(&at, args->n ? args->v[args->n - 1] : "");
	return 0;
}

const struct command cmd_complete = {
	.name = "__complete",
	.summary = "candidates for the last word, for the shells' completions",
	.usage = "WORD...",
	.max_words = -1,
	.hidden = true,
	.raw = true,
	.run = run,
};
