/*
 * cmd_net.c - `sandbox net log|learn|allow`: what the boxes of a project reached and were refused,
 * and rules more.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/file.h"
#include "base/json.h"
#include "base/log.h"
#include "base/path.h"
#include "box/target.h"
#include "cli/commands.h"
#include "cli/net_view.h"
#include "config/ini.h"
#include "config/ini_add.h"
#include "config/network_rules.h"
#include "config/schema.h"
#include "flow/learn.h"
#include "netpolicy/journal.h"

#define FOLLOW_MS 200

struct net_options {
	bool follow, refused, json;
};

static const struct opt log_options[] = {
	{.letter = 'f',
	 .name = "follow",
	 .help = "go on with what happens, until interrupted",
	 OPT_FLAG(struct net_options, follow)},
	{.letter = 'r',
	 .name = "refused",
	 .help = "only what was refused",
	 OPT_FLAG(struct net_options, refused)},
	OPT_JSON(struct net_options, json),
	OPTS_END,
};

/* j: the array to add to, or NULL for an object after the other. */
static void print_event(const struct net_event *event, const struct net_options *o, struct json *j)
{
	struct json alone = JSON_INIT;

	if (o->refused && event->reason == REASON_ALLOWED)
		return;
	if (!o->json) {
		net_view_line(event);
	} else if (j) {
		net_view_json(j, event);
	} else {
		net_view_json(&alone, event);
		jsonout_print(&alone);
	}
}

/* Prints what has happened after *after. No box may have run yet. */
static int print_new(int fd, const struct net_options *o, struct json *j, uint64_t *after,
		     struct err *e)
{
	cleanup_free struct net_event *v = NULL;
	size_t n = 0;
	int r = fd < 0 ? 0 : net_journal_read(fd, *after, &v, &n, e);

	if (r < 0 && r != -ENOENT)
		return r;
	for (size_t i = 0; i < n; i++) {
		print_event(&v[i], o, j);
		*after = v[i].number;
	}
	fflush(stdout);
	return 0;
}

static int show_log(int fd, const struct net_options *o, struct err *e)
{
	struct json j = JSON_INIT;
	uint64_t after = 0;
	int r;

	if (o->follow) {
		while ((r = print_new(fd, o, NULL, &after, e)) == 0 && !ferror(stdout))
			usleep(FOLLOW_MS * 1000);
		return r;
	}
	jsonout_array_begin(&j, NULL);
	r = print_new(fd, o, &j, &after, e);
	jsonout_array_end(&j);
	if (r == 0 && o->json)
		jsonout_print(&j);
	else
		buf_free(&j.out);
	return r;
}

static int run_log(const struct args *args, int *ret_status, struct err *e)
{
	const struct net_options *o = args->options;
	cleanup_close int fd = -1;
	int r = net_view_open(args->n ? args->v[0] : NULL, o->follow, &fd, e);

	(void)ret_status;
	return r < 0 ? r : show_log(fd, o, e);
}

static void print_rules(const struct strv *rules, bool json)
{
	struct json j = JSON_INIT;

	jsonout_array_begin(&j, NULL);
	for (size_t i = 0; i < rules->n; i++) {
		jsonout_string(&j, NULL, rules->v[i]);
		if (!json)
			printf("%s\n", rules->v[i]);
	}
	jsonout_array_end(&j);
	if (json)
		jsonout_print(&j);
	else
		buf_free(&j.out);
}

static int run_learn(const struct args *args, int *ret_status, struct err *e)
{
	const struct net_options *o = args->options;
	cleanup_store struct store s = STORE_INIT;
	cleanup_box struct box b = BOX_INIT;
	cleanup_settings struct settings settings = {0};
	cleanup_learning struct learning learning = LEARNING_INIT;
	cleanup_strv struct strv rules = {0};
	struct settings_request req = {0};
	int r = store_open(&s, e);

	(void)ret_status;
	if (r == 0)
		r = net_view_find(&s, args->n ? args->v[0] : NULL, &b, e);
	if (r == 0)
		r = learn_all(&s, &b, &learning, e);
	if (r < 0)
		return r;
	req.project_dir = b.project;
	r = settings_load(&req, &settings, e);
	if (r == 0)
		r = learn_end(&learning, &settings, &rules, e);
	if (r == 0)
		print_rules(&rules, o->json);
	return r;
}

static const struct opt learn_options[] = {
	OPT_JSON(struct net_options, json),
	OPTS_END,
};

static const struct command cmd_net_learn = {
	.name = "net learn",
	.summary = "print the rules that would allow what is in the log",
	.usage = "[--json] [PROJECT]",
	.options = learn_options,
	.options_size = sizeof(struct net_options),
	.max_words = 1,
	.words = {WORD_PROJECT},
	.run = run_learn,
};

static const struct command cmd_net_log = {
	.name = "net log",
	.summary = "show what the boxes of a project reached, and were refused",
	.usage = "[OPTIONS] [PROJECT]",
	.options = log_options,
	.options_size = sizeof(struct net_options),
	.max_words = 1,
	.words = {WORD_PROJECT},
	.run = run_log,
};

struct allow_options {
	const char *project;
};

static const struct opt allow_options[] = {
	{.letter = 'p',
	 .name = "project",
	 .arg = "PROJECT",
	 .help = "in its file; default: the project that you are in",
	 .word = WORD_PROJECT,
	 OPT_STRING(struct allow_options, project)},
	OPTS_END,
};

/* Adds a rule to the text, unless it is there. Returns 1 if it was added. */
static int add_rule(const char *path, const char *word, const struct strv *have, struct buf *text,
		    struct err *e)
{
	const struct schema_key *row = &schema_keys[KEY_NETWORK_ALLOW];
	cleanup_buf struct buf out = BUF_INIT;
	char rule_text[NET_RULE_MAX];
	struct net_rule rule;
	int r = net_rule_parse(word, &rule, e);

	if (r < 0)
		return err_add(e, "'%s'", word);
	net_rule_format(&rule, rule_text);
	if (strv_has(have, rule_text)) {
		log_note("%s allows '%s' already", path, rule_text);
		return 0;
	}
	r = ini_add_word(path, text->data, row->section, row->key, rule_text, &out, e);
	if (r < 0)
		return r;
	buf_reset(text);
	buf_add(text, out.data, out.len);
	return 1;
}

/* The rules of the file itself, as they are written in one way. */
static int read_rules(const char *path, struct strv *out, struct err *e)
{
	const struct schema_key *row = &schema_keys[KEY_NETWORK_ALLOW];
	cleanup_ini struct ini ini = {0};
	int r = ini_read(path, path, false, schema_is_script, &ini, e);

	for (size_t i = 0; r == 0 && i < ini.n; i++) {
		const struct setting st = {.value = ini.v[i].value};

		if (ini.v[i].key && streq(ini.v[i].section, row->section) &&
		    streq(ini.v[i].key, row->key))
			r = network_rules_words(&st, out, e);
	}
	return r;
}

static int allow(const char *dir, char *const *words, struct err *e)
{
	cleanup_free char *path = path_join(dir, "sandbox.ini");
	cleanup_buf struct buf text = BUF_INIT;
	cleanup_strv struct strv have = {0};
	struct stat st;
	int added = 0, r = read_rules(path, &have, e);

	if (r == 0)
		r = file_read(AT_FDCWD, path, INI_MAX_BYTES, &text, e);
	if (r == 0 && lstat(path, &st) < 0)
		r = err_sys(e, errno, "cannot look at '%s'", path);
	if (r == 0 && !S_ISREG(st.st_mode))
		r = err_set(e, ERR_USAGE, "'%s' is a symlink: add the rule to the file itself",
			    path);
	for (; r >= 0 && *words; words++) {
		r = add_rule(path, *words, &have, &text, e);
		added += r > 0;
	}
	if (r < 0 || !added)
		return r;
	r = file_write_atomic(AT_FDCWD, path, text.data, text.len, st.st_mode & 0777, e);
	if (r == 0)
		log_note("it acts when the project's boxes start again");
	return r;
}

static int run_allow(const struct args *args, int *ret_status, struct err *e)
{
	const struct allow_options *o = args->options;
	cleanup_store struct store s = STORE_INIT;
	cleanup_target struct target t = TARGET_INIT;
	cleanup_free char *dir = NULL;
	int r = store_open(&s, e);

	(void)ret_status;
	if (r == 0)
		r = target_resolve(&s, o->project, &t, e);
	if (r == 0)
		r = target_folder(&t, &dir, e);
	if (r == 0 && !dir)
		r = err_set(e, ERR_USAGE, "box '%s' has no project, and so no file", t.box.name);
	return r < 0 ? r : allow(dir, args->v, e);
}

static const struct command cmd_net_allow = {
	.name = "net allow",
	.summary = "add rules to [network] allow of a project's file",
	.usage = "[OPTIONS] RULE...",
	.options = allow_options,
	.options_size = sizeof(struct allow_options),
	.min_words = 1,
	.max_words = -1,
	.run = run_allow,
};

static const struct command *const subcommands[] = {&cmd_net_log, &cmd_net_learn, &cmd_net_allow,
						    NULL};

const struct command cmd_net = {
	.name = "net",
	.summary = "show what boxes reach, and allow more: log, learn, allow",
	.usage = "COMMAND [ARGUMENTS]",
	.program = PROGRAM_VERBATIM,
	.max_words = 1,
	.words = {WORD_COMMAND},
	.subs = subcommands,
};
