/*
 * options.c - the parser and the help text of the option tables.
 *
 * Promises one clear line for every wrong command line, with the nearest known word. Refuses
 * abbreviated options: a script must not break when a new option makes one ambiguous.
 */
#include "cli/options.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "cli/habits.h"
#include "config/value.h"

const struct opt common_options[] = {
	{.letter = 'h', .name = "help", .help = "show this help", OPT_FLAG(struct args, help)},
	{.letter = 'q',
	 .name = "quiet",
	 .help = "no notes, only warnings and errors; a list has only names",
	 OPT_FLAG(struct args, quiet)},
	{.name = "debug", .help = "report on stderr what is done", OPT_FLAG(struct args, debug)},
	OPTS_END,
};

static const struct opt no_options[] = {OPTS_END};

/* The tables of a command: its own, then the common one. */
static void tables_of(const struct command *cmd, const struct opt *ret[2])
{
	ret[0] = cmd->options ? cmd->options : no_options;
	ret[1] = common_options;
}

const struct opt *opt_find(const struct command *cmd, const char *name, size_t len)
{
	const struct opt *tables[2];

	tables_of(cmd, tables);
	for (size_t t = 0; t < ARRAY_SIZE(tables); t++)
		for (const struct opt *o = tables[t]; *o->name; o++)
			if (strlen(o->name) == len && memcmp(o->name, name, len) == 0)
				return o;
	return NULL;
}

const struct opt *opt_find_letter(const struct command *cmd, char letter)
{
	const struct opt *tables[2];

	tables_of(cmd, tables);
	for (size_t t = 0; t < ARRAY_SIZE(tables); t++)
		for (const struct opt *o = tables[t]; *o->name; o++)
			if (o->letter && o->letter == letter)
				return o;
	return NULL;
}

/* "sandbox enter", or "sandbox" for the program itself. */
static const char *title(const struct command *cmd, char *buf, size_t size)
{
	snprintf(buf, size, "sandbox%s%s", cmd->name ? " " : "", cmd->name ? cmd->name : "");
	return buf;
}

static int unknown_option(const struct command *cmd, const char *word, struct err *e)
{
	const struct opt *tables[2];
	const char *near, *names[64];
	cleanup_free char *name = xstrndup(word + 2, strcspn(word + 2, "="));
	char who[64];
	size_t n = 0;

	tables_of(cmd, tables);
	for (size_t t = 0; t < ARRAY_SIZE(tables); t++)
		for (const struct opt *o = tables[t]; *o->name && n + 1 < ARRAY_SIZE(names); o++)
			names[n++] = o->name;
	names[n] = NULL;
	title(cmd, who, sizeof(who));
	near = nearest_word(name, names);
	if (near)
		return err_set(e, ERR_USAGE, "unknown option '--%s' of '%s': did you mean '--%s'?",
			       name, who, near);
	return err_set(e, ERR_USAGE, "unknown option '--%s' of '%s': see '%s --help'", name, who,
		       who);
}

/* Refuses a word that is not one of the choices. what: the option or the command it belongs to. */
static int check_choice(const char *what, const char *word, const char *choices, struct err *e)
{
	cleanup_strv struct strv list = {0};
	cleanup_free char *all = NULL;
	const char *near;

	value_words(choices, &list);
	if (strv_has(&list, word))
		return 0;
	near = nearest_word(word, (const char *const *)list.v);
	if (near)
		return err_set(e, ERR_USAGE, "%s cannot be '%s': did you mean '%s'?", what, word,
			       near);
	all = strv_join(&list, ", ");
	return err_set(e, ERR_USAGE, "%s cannot be '%s': one of %s", what, word, all);
}

static int parse_number(const struct opt *o, const char *value, long *ret, struct err *e)
{
	char *end;
	long n;

	errno = 0;
	n = strtol(value, &end, 10);
	if (end == value || *end || value[0] < '0' || value[0] > '9')
		return err_set(e, ERR_USAGE, "option '--%s' needs a whole number, not '%s'",
			       o->name, value);
	if (errno == ERANGE || n > INT_MAX)
		return err_set(e, ERR_USAGE, "option '--%s': %s is too large", o->name, value);
	*ret = n;
	return 0;
}

/* Stores value (NULL for a flag) where the option says. */
static int store(const struct opt *o, struct args *args, const char *value, struct err *e)
{
	bool common = o >= common_options && o < common_options + ARRAY_SIZE(common_options);
	void *at = (char *)(common ? (void *)args : (void *)args->options) + o->offset;
	char what[80];

	if (value && o->word == WORD_CHOICE) {
		snprintf(what, sizeof(what), "option '--%s'", o->name);
		if (check_choice(what, value, o->choices, e) < 0)
			return -e->code;
	}
	if (!value)
		*(bool *)at = true;
	else if (o->type == OPT_TYPE_STRING)
		*(const char **)at = value;
	else if (o->type == OPT_TYPE_LIST)
		strv_push(at, value);
	else
		return parse_number(o, value, at, e);
	return 0;
}

/* An option of ours, or of another tool's (habits.h), or both, if the value decides. */
struct found {
	const struct opt *ours;
	const struct habit_option *theirs;
	const char *spelled;
};

static bool takes_value(const struct found *f)
{
	return f->ours ? *f->ours->arg != '\0' : f->theirs->value;
}

static int needs_value(const struct found *f, struct err *e)
{
	return err_set(e, ERR_USAGE, "option '%s' needs a value: %s %s", f->spelled, f->spelled,
		       f->ours ? f->ours->arg : "VALUE");
}

static int take(const struct found *f, struct args *args, const char *value, struct err *e)
{
	const struct habit_option *h = f->theirs;

	if (h && (!f->ours || (value && habit_is(h->meant, value))))
		return habit_answer(h, f->spelled, value, e);
	return store(f->ours, args, value, e);
}

/* argv[*i] is --name or --name=value; takes the next word if that is the value. */
static int parse_long(const struct command *cmd, char **argv, int *i, struct args *args,
		      struct err *e)
{
	const char *word = argv[*i], *value = NULL;
	size_t len = strcspn(word + 2, "=");
	cleanup_free char *spelled = xstrndup(word, len + 2);
	struct found f = {.ours = opt_find(cmd, word + 2, len),
			  .theirs = habit_find(cmd->name, word + 2, len, 0),
			  .spelled = spelled};

	if (!f.ours && f.theirs && *f.theirs->same)
		f.ours = opt_find(cmd, f.theirs->same, strlen(f.theirs->same));
	if (!f.ours && !f.theirs)
		return unknown_option(cmd, word, e);
	if (word[2 + len] == '=')
		value = word + 2 + len + 1;
	if (value && streq(value, "true") && !takes_value(&f))
		value = NULL; /* as in Docker */
	if (value && !takes_value(&f))
		return err_set(e, ERR_USAGE, "option '%s' takes no value", spelled);
	if (!value && takes_value(&f)) {
		value = argv[*i + 1];
		if (!value)
			return needs_value(&f, e);
		++*i;
	}
	return take(&f, args, value, e);
}

/* argv[*i] is -a, -abc, -oVALUE, or -o with its value as the next word. */
static int parse_letters(const struct command *cmd, char **argv, int *i, struct args *args,
			 struct err *e)
{
	char who[64];

	for (const char *p = argv[*i] + 1; *p; p++) {
		char spelled[3] = {'-', *p, '\0'};
		struct found f = {.ours = opt_find_letter(cmd, *p),
				  .theirs = habit_find(cmd->name, NULL, 0, *p),
				  .spelled = spelled};
		const char *value = NULL;
		int r;

		if (!f.ours && !f.theirs)
			return err_set(e, ERR_USAGE,
				       "unknown option '-%c' of '%s': see '%s --help'", *p,
				       title(cmd, who, sizeof(who)), who);
		/*
		 * A flag here that takes a value in another tool: if a value follows, it is theirs.
		 */
		if (f.ours && f.theirs && f.theirs->value && !*f.ours->arg && !p[1] && argv[*i + 1])
			f.ours = NULL;
		if (takes_value(&f)) {
			value = p[1] ? p + 1 : argv[*i + 1];
			if (!value)
				return needs_value(&f, e);
			if (!p[1])
				++*i;
		}
		r = take(&f, args, value, e);
		if (r < 0 || value)
			return r;
	}
	return 0;
}

enum word command_word(const struct command *cmd, int i)
{
	while (i > 0 && (i >= WORDS_MAX || (cmd->max_words < 0 && cmd->words[i] == WORD_ANY)))
		i--;
	return cmd->words[i];
}

static int check_words(const struct command *cmd, const struct args *args, struct err *e)
{
	char who[64];

	title(cmd, who, sizeof(who));
	if (args->n < cmd->min_words)
		return err_set(e, ERR_USAGE, "missing argument: %s %s", who, cmd->usage);
	if (cmd->max_words >= 0 && args->n > cmd->max_words)
		return err_set(e, ERR_USAGE, "unexpected argument '%s': %s %s",
			       args->v[cmd->max_words], who, cmd->usage);
	for (int i = 0; i < args->n; i++) {
		if (command_word(cmd, i) == WORD_CHOICE &&
		    check_choice("the argument", args->v[i], cmd->choices, e) < 0)
			return err_add(e, "'%s'", who);
	}
	return 0;
}

static int parse_words(const struct command *cmd, int argc, char **argv, struct args *args,
		       struct err *e)
{
	bool literal = cmd->raw;

	for (int i = 0; i < argc; i++) {
		int r = 0;

		if (!literal && streq(argv[i], "--")) {
			if (cmd->program == PROGRAM_AFTER_DASHES) {
				args->program = argv[i + 1] ? argv + i + 1 : NULL;
				break;
			}
			literal = true;
		} else if (!literal && starts_with(argv[i], "--")) {
			r = parse_long(cmd, argv, &i, args, e);
		} else if (!literal && argv[i][0] == '-' && argv[i][1]) {
			r = parse_letters(cmd, argv, &i, args, e);
		} else {
			char **rest = argv + i + 1;

			args->v[args->n++] = argv[i];
			if (cmd->program < PROGRAM_AFTER_WORD)
				continue;
			if (cmd->program == PROGRAM_AFTER_WORD && *rest && streq(*rest, "--"))
				rest++;
			args->program = *rest ? rest : NULL;
			break;
		}
		if (r < 0)
			return r;
	}
	return args->help ? 0 : check_words(cmd, args, e);
}

int args_parse(const struct command *cmd, int argc, char **argv, struct args *ret, struct err *e)
{
	struct args args = {.v = xcalloc((size_t)argc + 1, sizeof(char *))};
	void *options = NULL;
	int r;

	if (cmd->options_size) {
		options = xcalloc(1, cmd->options_size);
		if (cmd->defaults)
			memcpy(options, cmd->defaults, cmd->options_size);
	}
	args.options = options;
	r = parse_words(cmd, argc, argv, &args, e);
	if (r < 0) {
		args_clear(cmd, &args);
		return r;
	}
	*ret = args;
	return 0;
}

void args_clear(const struct command *cmd, struct args *args)
{
	for (const struct opt *o = cmd->options; o && *o->name; o++)
		if (o->type == OPT_TYPE_LIST)
			strv_clear((struct strv *)((char *)args->options + o->offset));
	free((void *)args->options);
	free(args->v);
	*args = (struct args){.v = NULL};
}

/* "-d, --detach" or "    --name NAME", as in the help. */
static void option_left(const struct opt *o, char *buf, size_t size)
{
	char letter[5] = "    ";

	if (o->letter)
		snprintf(letter, sizeof(letter), "-%c, ", o->letter);
	snprintf(buf, size, "%s--%s%s%s", letter, o->name, *o->arg ? " " : "", o->arg);
}

void options_print(const struct opt *const *tables, size_t n)
{
	char left[128];
	size_t width = 0;

	for (size_t t = 0; t < n; t++) {
		for (const struct opt *o = tables[t]; *o->name; o++) {
			option_left(o, left, sizeof(left));
			if (strlen(left) > width)
				width = strlen(left);
		}
	}
	for (size_t t = 0; t < n; t++) {
		for (const struct opt *o = tables[t]; *o->name; o++) {
			option_left(o, left, sizeof(left));
			printf("  %-*s  %s%s\n", (int)width, left, o->help,
			       o->type == OPT_TYPE_LIST ? " (repeatable)" : "");
		}
	}
}

const char *command_last_name(const struct command *cmd)
{
	const char *blank = strrchr(cmd->name, ' ');

	return blank ? blank + 1 : cmd->name;
}

void commands_print(const struct command *const *list)
{
	for (size_t i = 0; list[i]; i++)
		if (!list[i]->hidden)
			printf("  %-10s  %s\n", command_last_name(list[i]), list[i]->summary);
}

void command_print_help(const struct command *cmd)
{
	const struct opt *tables[2];
	char who[64];

	tables_of(cmd, tables);
	printf("Usage: %s %s\n\n%s\n\n", title(cmd, who, sizeof(who)), cmd->usage, cmd->summary);
	if (cmd->subs) {
		printf("Commands:\n");
		commands_print(cmd->subs);
		putchar('\n');
	}
	printf("Options:\n");
	options_print(tables, ARRAY_SIZE(tables));
	/* The commands of a group share its page. */
	printf("\nManual: sandbox-%.*s(1)\n", (int)strcspn(cmd->name, " "), cmd->name);
}
