/*
 * arguments.c - what each instruction takes.
 *
 * Checks all that does not depend on variables. The rules for which text is a list, a command or
 * pairs are BuildKit's.
 */
#include "build/arguments.h"

#include <ctype.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "build/heredoc.h"
#include "build/values.h"
#include "build/words.h"

enum form {
	FORM_COMMAND, /* a JSON array, or a line of a shell */
	FORM_LIST,    /* a JSON array, or words */
	FORM_WORDS,
	FORM_TEXT, /* all of the line */
	FORM_PAIRS,
	FORM_ARG,
	FORM_HEALTH,
	FORM_TRIGGER,
};

/* At least min, at most max arguments; meant is what a message says. */
static const struct {
	enum form form;
	size_t min, max;
	const char *meant;
} rules[] = {
	[INSTRUCTION_ADD] = {FORM_LIST, 2, SIZE_MAX, "ADD SOURCE... DESTINATION"},
	[INSTRUCTION_ARG] = {FORM_ARG, 1, SIZE_MAX, "ARG NAME[=VALUE]..."},
	[INSTRUCTION_CMD] = {FORM_COMMAND, 0, SIZE_MAX, "CMD [\"PROGRAM\", \"ARGUMENT\"...]"},
	[INSTRUCTION_COPY] = {FORM_LIST, 2, SIZE_MAX, "COPY SOURCE... DESTINATION"},
	[INSTRUCTION_ENTRYPOINT] = {FORM_COMMAND, 0, SIZE_MAX,
				    "ENTRYPOINT [\"PROGRAM\", \"ARGUMENT\"...]"},
	[INSTRUCTION_ENV] = {FORM_PAIRS, 2, SIZE_MAX, "ENV NAME=VALUE..."},
	[INSTRUCTION_EXPOSE] = {FORM_WORDS, 1, SIZE_MAX, "EXPOSE PORT[/PROTOCOL]..."},
	[INSTRUCTION_FROM] = {FORM_WORDS, 1, 3, "FROM [--platform=PLATFORM] IMAGE [AS NAME]"},
	[INSTRUCTION_HEALTHCHECK] = {FORM_HEALTH, 1, SIZE_MAX,
				     "HEALTHCHECK [OPTIONS] CMD COMMAND, or HEALTHCHECK NONE"},
	[INSTRUCTION_LABEL] = {FORM_PAIRS, 2, SIZE_MAX, "LABEL NAME=VALUE..."},
	[INSTRUCTION_MAINTAINER] = {FORM_TEXT, 1, 1, "MAINTAINER NAME"},
	[INSTRUCTION_ONBUILD] = {FORM_TRIGGER, 1, SIZE_MAX, "ONBUILD INSTRUCTION"},
	[INSTRUCTION_RUN] = {FORM_COMMAND, 0, SIZE_MAX, "RUN COMMAND"},
	[INSTRUCTION_SHELL] = {FORM_COMMAND, 1, SIZE_MAX, "SHELL [\"PROGRAM\", \"ARGUMENT\"...]"},
	[INSTRUCTION_STOPSIGNAL] = {FORM_TEXT, 1, 1, "STOPSIGNAL SIGNAL"},
	[INSTRUCTION_USER] = {FORM_TEXT, 1, 1, "USER NAME[:GROUP]"},
	[INSTRUCTION_VOLUME] = {FORM_LIST, 1, SIZE_MAX, "VOLUME PATH..."},
	[INSTRUCTION_WORKDIR] = {FORM_TEXT, 1, 1, "WORKDIR PATH"},
};

enum flag_type { FLAG_BOOL, FLAG_VALUE, FLAG_LIST };

static const struct flag_rule {
	enum instruction_kind kind;
	const char *name;
	enum flag_type type;
} flag_rules[] = {
	{INSTRUCTION_ADD, "checksum", FLAG_VALUE},
	{INSTRUCTION_ADD, "chmod", FLAG_VALUE},
	{INSTRUCTION_ADD, "chown", FLAG_VALUE},
	{INSTRUCTION_ADD, "exclude", FLAG_LIST},
	{INSTRUCTION_ADD, "keep-git-dir", FLAG_BOOL},
	{INSTRUCTION_ADD, "link", FLAG_BOOL},
	{INSTRUCTION_ADD, "unpack", FLAG_BOOL},
	{INSTRUCTION_COPY, "chmod", FLAG_VALUE},
	{INSTRUCTION_COPY, "chown", FLAG_VALUE},
	{INSTRUCTION_COPY, "exclude", FLAG_LIST},
	{INSTRUCTION_COPY, "from", FLAG_VALUE},
	{INSTRUCTION_COPY, "link", FLAG_BOOL},
	{INSTRUCTION_COPY, "parents", FLAG_BOOL},
	{INSTRUCTION_FROM, "platform", FLAG_VALUE},
	{INSTRUCTION_HEALTHCHECK, "interval", FLAG_VALUE},
	{INSTRUCTION_HEALTHCHECK, "retries", FLAG_VALUE},
	{INSTRUCTION_HEALTHCHECK, "start-interval", FLAG_VALUE},
	{INSTRUCTION_HEALTHCHECK, "start-period", FLAG_VALUE},
	{INSTRUCTION_HEALTHCHECK, "timeout", FLAG_VALUE},
	{INSTRUCTION_RUN, "device", FLAG_LIST},
	{INSTRUCTION_RUN, "mount", FLAG_LIST},
	{INSTRUCTION_RUN, "network", FLAG_VALUE},
	{INSTRUCTION_RUN, "security", FLAG_VALUE},
};

static int unknown_flag(enum instruction_kind kind, const char *flag, struct err *e)
{
	const char *known[ARRAY_SIZE(flag_rules) + 1], *nearest;
	cleanup_buf struct buf meant = BUF_INIT;
	size_t n = 0;

	for (size_t i = 0; i < ARRAY_SIZE(flag_rules); i++)
		if (flag_rules[i].kind == kind) {
			buf_addf(&meant, "%s--%s", n ? ", " : "", flag_rules[i].name);
			known[n++] = flag_rules[i].name;
		}
	known[n] = NULL;
	nearest = nearest_word(flag, known);
	if (nearest)
		return err_set(e, ERR_USAGE, "%s has no flag --%s; did you mean --%s?",
			       instruction_names[kind], flag, nearest);
	return err_set(e, ERR_USAGE, "%s has no flag --%s; expected %s", instruction_names[kind],
		       flag, n ? meant.data : rules[kind].meant);
}

/* "--name=value", or "--name". */
static int read_flag(struct instruction *in, const char *word, struct err *e)
{
	const struct flag_rule *rule = NULL;
	size_t n = strcspn(word + 2, "=");
	cleanup_free char *name = xstrndup(word + 2, n);
	const char *value = word[2 + n] ? word + 3 + n : NULL, *kind = instruction_names[in->kind];

	for (size_t i = 0; i < ARRAY_SIZE(flag_rules); i++)
		if (flag_rules[i].kind == in->kind && streq(flag_rules[i].name, name))
			rule = &flag_rules[i];
	if (!rule)
		return unknown_flag(in->kind, name, e);
	if (rule->type != FLAG_LIST && instruction_flag(in, name))
		return err_set(e, ERR_USAGE, "%s has --%s twice", kind, name);
	if (rule->type != FLAG_BOOL && !value)
		return err_set(e, ERR_USAGE, "--%s of %s needs a value: --%s=VALUE", name, kind,
			       name);
	if (rule->type == FLAG_BOOL && value && strcasecmp(value, "true") != 0 &&
	    strcasecmp(value, "false") != 0)
		return err_set(e, ERR_USAGE, "--%s of %s is '%s'; it is true or false", name, kind,
			       value);
	strv_push(&in->flags, name);
	strv_push(&in->flags, rule->type != FLAG_BOOL			 ? value
			      : value && strcasecmp(value, "false") == 0 ? "false"
									 : "true");
	return 0;
}

static int read_pairs(struct instruction *in, const char *rest, char escape, struct err *e)
{
	const char *kind = instruction_names[in->kind];
	cleanup_strv struct strv words = {0};

	words_quoted(rest, escape, &words);
	if (words.n && !strchr(words.v[0], '=')) {
		/* The old form, of one pair. */
		size_t n = words_length(rest), skip = n + words_blanks(rest + n);

		if (!rest[skip])
			return err_set(e, ERR_USAGE, "%s %s has no value; expected %s", kind, rest,
				       rules[in->kind].meant);
		strv_push_take(&in->args, xstrndup(rest, n));
		strv_push(&in->args, rest + skip);
		return 0;
	}
	for (size_t i = 0; i < words.n; i++) {
		char *equals = strchr(words.v[i], '=');

		if (!equals)
			return err_set(e, ERR_USAGE,
				       "%s: '%s' has no '='; expected %s, with quotes around a "
				       "value with blanks",
				       kind, words.v[i], rules[in->kind].meant);
		if (equals == words.v[i])
			return err_set(e, ERR_USAGE, "%s: '%s' has no name; expected %s", kind,
				       words.v[i], rules[in->kind].meant);
		*equals = '\0';
		strv_push(&in->args, words.v[i]);
		strv_push(&in->args, equals + 1);
	}
	return 0;
}

static int read_command(struct instruction *in, const char *rest, struct err *e)
{
	int r = *rest ? words_json(rest, &in->args, e) : 0;

	if (r < 0)
		return r;
	in->exec = r > 0;
	if (r == 0 && *rest)
		strv_push(&in->args, rest);
	return 0;
}

static int read_health(struct instruction *in, const char *rest, struct err *e)
{
	static const char *const times[] = {"interval", "timeout", "start-period",
					    "start-interval"};
	size_t n = words_length(rest);
	char *word = xstrndup(rest, n);
	int r = 0;

	for (char *s = word; *s; s++)
		*s = (char)toupper((unsigned char)*s);
	if (n)
		strv_push_take(&in->args, word);
	else
		free(word);
	for (size_t i = 0; r == 0 && i < ARRAY_SIZE(times); i++) {
		const char *value = instruction_flag(in, times[i]);

		if (value && *value)
			r = values_duration(times[i], value, e);
	}
	if (r == 0 && instruction_flag(in, "retries") && *instruction_flag(in, "retries"))
		r = values_count("retries", instruction_flag(in, "retries"), e);
	if (r == 0)
		r = read_command(in, rest + n + words_blanks(rest + n), e);
	if (r == 0 && n && !(streq(in->args.v[0], "NONE") && in->args.n == 1) &&
	    !(streq(in->args.v[0], "CMD") && in->args.n > 1))
		r = err_set(e, ERR_USAGE, "HEALTHCHECK %s; expected %s", rest,
			    rules[in->kind].meant);
	return r;
}

static int read_trigger(struct instruction *in, const char *rest, char escape, struct err *e)
{
	struct instruction *t;
	int r;

	if (!*rest)
		return 0;
	t = in->trigger = xcalloc(1, sizeof(*in->trigger));
	/* Not nested any deeper. */
	r = strncasecmp(rest, "ONBUILD", 7) == 0 && words_length(rest) == 7
		    ? err_set(e, ERR_USAGE, "ONBUILD of ONBUILD; expected another instruction")
		    : arguments_read(rest, escape, t, e);
	if (r == 0 && (t->kind == INSTRUCTION_FROM || t->kind == INSTRUCTION_MAINTAINER))
		r = err_set(e, ERR_USAGE, "ONBUILD %s is not allowed; expected another instruction",
			    instruction_names[t->kind]);
	strv_push(&in->args, rest);
	return r;
}

static int read_form(struct instruction *in, const char *rest, char escape, struct err *e)
{
	int r = 0;

	switch (rules[in->kind].form) {
	case FORM_COMMAND:
		return read_command(in, rest, e);
	case FORM_LIST:
		r = words_json(rest, &in->args, e);
		in->exec = r > 0;
		if (r == 0)
			words_split(rest, &in->args);
		return r < 0 ? r : 0;
	case FORM_WORDS:
		words_split(rest, &in->args);
		return 0;
	case FORM_TEXT:
		if (*rest)
			strv_push(&in->args, rest);
		return 0;
	case FORM_PAIRS:
		return read_pairs(in, rest, escape, e);
	case FORM_ARG:
		words_quoted(rest, escape, &in->args);
		return 0;
	case FORM_HEALTH:
		return read_health(in, rest, e);
	case FORM_TRIGGER:
		return read_trigger(in, rest, escape, e);
	}
	return r;
}

static int check_from(struct instruction *in, struct err *e)
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyz", more[] = "0123456789-_.";
	char *name;

	if (in->args.n == 1)
		return 0;
	if (in->args.n == 2 || strcasecmp(in->args.v[1], "AS") != 0)
		return err_set(e, ERR_USAGE, "FROM with the words '%s'; expected %s", in->args.v[1],
			       rules[INSTRUCTION_FROM].meant);
	name = in->args.v[2];
	for (char *s = name; *s; s++)
		*s = (char)tolower((unsigned char)*s);
	for (char *s = name; *s; s++)
		if (!strchr(letters, *s) && (s == name || !strchr(more, *s)))
			return err_set(e, ERR_USAGE,
				       "'%s' is not the name of a stage; it begins with a letter "
				       "and has letters, digits, '-', '_' and '.'",
				       name);
	free(in->args.v[1]);
	in->args.v[1] = in->args.v[2];
	in->args.v[--in->args.n] = NULL;
	return 0;
}

static int check_one_of(const struct instruction *in, const char *flag, const char *const *words,
			size_t n, struct err *e)
{
	const char *value = instruction_flag(in, flag);

	if (!value || is_among(value, words, n))
		return 0;
	return err_set(e, ERR_USAGE, "--%s is '%s'; it is %s%s%s%s%s", flag, value, words[0],
		       n > 2 ? ", " : " or ", words[1], n > 2 ? " or " : "", n > 2 ? words[2] : "");
}

static int check_run(const struct instruction *in, struct err *e)
{
	static const char *const networks[] = {"default", "none", "host"};
	static const char *const security[] = {"sandbox", "insecure"};
	int r = check_one_of(in, "network", networks, ARRAY_SIZE(networks), e);

	if (r == 0)
		r = check_one_of(in, "security", security, ARRAY_SIZE(security), e);
	if (r == 0 && in->exec && in->args.n == 0)
		r = err_set(e, ERR_USAGE, "RUN []; expected %s", rules[INSTRUCTION_RUN].meant);
	return r;
}

static int check_copy(const struct instruction *in, struct err *e)
{
	cleanup_free char *name = NULL;
	bool expand, tabs;

	/* A word that only looks like one is a path. */
	if (heredoc_word(in->args.v[in->args.n - 1], &name, &expand, &tabs, e) <= 0)
		return 0;
	return err_set(e, ERR_USAGE, "the destination of %s is a here-document; expected %s",
		       instruction_names[in->kind], rules[in->kind].meant);
}

static int check(struct instruction *in, struct err *e)
{
	const char *kind = instruction_names[in->kind];

	if (in->args.n < rules[in->kind].min)
		return err_set(e, ERR_USAGE, "%s has %s; expected %s", kind,
			       in->args.n ? "one argument" : "no argument", rules[in->kind].meant);
	if (in->args.n > rules[in->kind].max)
		return err_set(e, ERR_USAGE, "%s has %zu arguments, such as '%s'; expected %s",
			       kind, in->args.n, in->args.v[in->args.n - 1], rules[in->kind].meant);
	switch (in->kind) {
	case INSTRUCTION_ADD:
	case INSTRUCTION_COPY:
		return check_copy(in, e);
	case INSTRUCTION_ARG:
		for (size_t i = 0; i < in->args.n; i++)
			if (in->args.v[i][0] == '=')
				return err_set(e, ERR_USAGE, "ARG: '%s' has no name; expected %s",
					       in->args.v[i], rules[in->kind].meant);
		return 0;
	case INSTRUCTION_FROM:
		return check_from(in, e);
	case INSTRUCTION_RUN:
		return check_run(in, e);
	case INSTRUCTION_SHELL:
		if (!in->exec)
			return err_set(e, ERR_USAGE, "SHELL is no JSON array; expected %s",
				       rules[in->kind].meant);
		return 0;
	default:
		return 0;
	}
}

static int find_kind(const char *line, enum instruction_kind *ret, struct err *e)
{
	cleanup_free char *word = xstrndup(line, words_length(line));
	cleanup_free char *written = xstrdup(word);
	const char *nearest;

	for (char *s = word; *s; s++)
		*s = (char)toupper((unsigned char)*s);
	for (size_t i = 0; instruction_names[i]; i++)
		if (streq(word, instruction_names[i])) {
			*ret = (enum instruction_kind)i;
			return 0;
		}
	nearest = nearest_word(word, instruction_names);
	if (nearest)
		return err_set(e, ERR_USAGE, "'%.40s' is not an instruction; did you mean %s?",
			       written, nearest);
	return err_set(
		e, ERR_USAGE,
		"'%.40s' is not an instruction; expected one such as RUN or COPY, or a \\ at "
		"the end of the line before",
		written);
}

int arguments_read(const char *line, char escape, struct instruction *ret, struct err *e)
{
	cleanup_strv struct strv flags = {0};
	cleanup_free char *rest = NULL;
	size_t skip = words_blanks(line), n;
	int r = find_kind(line + skip, &ret->kind, e);

	if (r < 0)
		return r;
	ret->text = xstrdup(line + skip);
	n = strlen(ret->text);
	while (n && words_blanks(ret->text + n - 1))
		ret->text[--n] = '\0';
	rest = xstrdup(words_flags(ret->text + words_length(ret->text), escape, &flags));
	for (size_t i = 0; r == 0 && i < flags.n; i++)
		r = read_flag(ret, flags.v[i], e);
	if (r == 0)
		r = read_form(ret, rest, escape, e);
	return r == 0 ? check(ret, e) : r;
}
