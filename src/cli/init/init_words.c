/*
 * init_words.c - the few words that `init` takes from JSON, compose files and Makefiles.
 *
 * The other half of init_text.c, with the same promises.
 */
#include "cli/init/init_text.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/cleanup.h"

#define WORD_LEN_MAX	 120
#define WORDS_MAX	 256
#define PACKAGES_LEN_MAX 8192

static const char *skip_space(const char *s)
{
	return s + strspn(s, " \t\r\n");
}

/* The text after the colon of "key", in the len bytes of text; or NULL. */
static const char *json_member(const char *text, size_t len, const char *key)
{
	cleanup_free char *quoted = xasprintf("\"%s\"", key);
	const char *end = text + len;

	for (const char *s = text; (s = strstr(s, quoted)) && s < end;) {
		s = skip_space(s + strlen(quoted));
		if (*s == ':' && s < end)
			return skip_space(s + 1);
	}
	return NULL;
}

char *init_text_json(const char *text, const char *within, const char *key)
{
	size_t len = strlen(text);
	const char *s = text;

	if (within) {
		s = json_member(text, len, within);
		if (!s || *s != '{')
			return NULL;
		len = strcspn(s, "}");
	}
	s = json_member(s, len, key);
	if (!s || *s != '"')
		return NULL;
	len = strcspn(++s, "\"\\\n");
	if (s[len] != '"' || !len || len > WORD_LEN_MAX)
		return NULL;
	for (size_t i = 0; i < len; i++)
		if ((unsigned char)s[i] < ' ' || (unsigned char)s[i] >= 0x7f)
			return NULL;
	return xstrndup(s, len);
}

static size_t name_len(const char *s)
{
	size_t len = 0;

	while (isalnum((unsigned char)s[len]) || (len && strchr("_.-+", s[len]) && s[len]))
		len++;
	return len;
}

static void add_name(struct strv *out, const char *s, size_t len)
{
	cleanup_free char *name = xstrndup(s, len);

	if (len && len < WORD_LEN_MAX && out->n < WORDS_MAX && !strv_has(out, name))
		strv_push(out, name);
}

void init_text_services(const char *text, struct strv *out)
{
	cleanup_free char *copy = xstrdup(text);
	char *rest = copy, *line;
	size_t indent = 0;
	bool in = false;

	while ((line = strsep(&rest, "\n"))) {
		size_t depth = strspn(line, " "), len;

		line[strcspn(line, "#\r")] = '\0';
		if (!line[strspn(line, " \t")])
			continue;
		if (depth == 0) {
			in = starts_with(line, "services:");
			indent = 0;
			continue;
		}
		indent = indent ? indent : depth;
		len = name_len(line + depth);
		if (in && depth == indent && line[depth + len] == ':')
			add_name(out, line + depth, len);
	}
}

/*
 * $(CC) and the like at *s, which moves behind it. Is it a program? Some of make's own variables
 * name one.
 */
static bool take_variable(const char **s, struct strv *out)
{
	static const struct {
		const char *variable, *program;
	} own[] = {{"CC", "cc"},     {"CXX", "c++"},	   {"CPP", "cc"},  {"LD", "ld"},
		   {"AR", "ar"},     {"FC", "gfortran"},   {"LEX", "lex"}, {"YACC", "yacc"},
		   {"MAKE", "make"}, {"PYTHON", "python3"}};
	const char *name = *s + 2;
	size_t len = name_len(name);
	int depth = 0;

	for (size_t i = 0; i < ARRAY_SIZE(own); i++)
		if (strlen(own[i].variable) == len && strncmp(name, own[i].variable, len) == 0)
			add_name(out, own[i].program, strlen(own[i].program));
	for (++*s; **s; ++*s) {
		depth += **s == '(' || **s == '{';
		depth -= **s == ')' || **s == '}';
		if (depth == 0)
			break;
	}
	*s += **s != '\0';
	return len > 0;
}

/* The programs of one shell line: the first word, and those after ; && || | ( and $(shell. */
static void take_commands(const char *s, struct strv *out)
{
	bool first = true;

	while (*s) {
		size_t len;

		if (s[0] == '$' && s[1] == '$') {
			s += 2; /* handled by the shell */
			continue;
		}
		if (s[0] == '$' && s[1] && strchr("({", s[1]) && !starts_with(s, "$(shell ")) {
			first = take_variable(&s, out) ? false : first;
			continue;
		}
		len = strcspn(s, " \t;&|()`\"'$");

		if (first && len) {
			bool assigns = memchr(s, '=', len) != NULL;
			static const char *const prefixes[] = {"if",	"then", "else", "do",
							       "while", "!",	"exec", "env",
							       "sudo",	"time", "shell"};
			bool prefix = assigns;

			for (size_t i = 0; i < ARRAY_SIZE(prefixes); i++)
				prefix |= strlen(prefixes[i]) == len &&
					  strncmp(s, prefixes[i], len) == 0;
			if (!prefix) {
				if (name_len(s) == len)
					add_name(out, s, len);
				first = false;
			}
		}
		s += len;
		if (*s == '"' || *s == '\'') {
			const char *end = strchr(s + 1, *s);

			s = end ? end : s + strlen(s) - 1;
		} else if (*s && strchr(";&|(`", *s)) {
			first = true;
		}
		s += *s != '\0';
	}
}

void init_text_makefile(const char *text, struct strv *out)
{
	cleanup_free char *copy = xstrdup(text);
	char *rest = copy, *line;
	bool goes_on = false;

	while ((line = strsep(&rest, "\n"))) {
		const char *shell = strstr(line, "$(shell ");
		bool recipe = *line == '\t', before = goes_on;

		line[strcspn(line, "\r")] = '\0';
		goes_on = ends_with(line, "\\");
		if (goes_on)
			line[strlen(line) - 1] = '\0';
		if (recipe && !before) {
			line += strspn(line, "\t @+-");
			if (*line != '#')
				take_commands(line, out);
		} else if (!recipe && shell) {
			take_commands(shell + strlen("$(shell "), out);
		}
	}
}

/* The manager whose install command is at s, and the rest of the line; or NULL. */
static const char *install_at(const char *s, const char **ret_rest)
{
	static const struct {
		const char *words, *manager;
	} commands[] = {{"apt-get ", "apt"}, {"apt ", "apt"}, {"apk ", "apk"}};

	for (size_t i = 0; i < ARRAY_SIZE(commands); i++) {
		const char *verb = streq(commands[i].manager, "apk") ? "add" : "install";
		const char *end;

		if (!starts_with(s, commands[i].words))
			continue;
		s += strlen(commands[i].words);
		end = s + strcspn(s, ";&|\n");
		s = strstr(s, verb);
		if (!s || s >= end || !strchr(" \t", s[strlen(verb)]))
			return NULL;
		*ret_rest = s + strlen(verb);
		return commands[i].manager;
	}
	return NULL;
}

/* Takes names of packages only: no options, variables, files or versions. */
static void add_packages(struct buf *out, const char *manager, const char *s)
{
	size_t n = 0;

	while (n++ < WORDS_MAX) {
		size_t len, name;

		s += strspn(s, " \t");
		len = strcspn(s, " \t;&|\n");
		if (!len)
			return;
		name = name_len(s);
		if (name && name < WORD_LEN_MAX && (name == len || s[name] == '='))
			buf_addf(out, "%s%s %.*s", out->len ? "\n" : "", manager, (int)name, s);
		else if (streq(manager, "apk") &&
			 (starts_with(s, "-t ") || starts_with(s, "--virtual ")))
			len += strspn(s + len, " ") +
			       strcspn(s + len + strspn(s + len, " "), " \t;&|");
		s += len;
	}
}

void init_text_installs(const char *line, struct strv *packages)
{
	cleanup_buf struct buf out = BUF_INIT;
	const char *manager, *rest;

	buf_addstr(&out, packages->v[packages->n - 1]);
	for (const char *s = line; *s; s++) {
		bool begins = s == line || strchr(" \t;&|(", s[-1]);

		if (begins && out.len < PACKAGES_LEN_MAX && (manager = install_at(s, &rest)))
			add_packages(&out, manager, rest);
	}
	free(packages->v[packages->n - 1]);
	packages->v[packages->n - 1] = buf_detach(&out);
}
