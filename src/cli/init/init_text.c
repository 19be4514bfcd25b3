/*
 * init_text.c - the few words that `init` takes from files of other tools.
 *
 * These are no full parsers: unusual notations are not found, and nothing is proposed for them.
 * Promises words without control characters, no longer than WORD_LEN_MAX.
 */
#include "cli/init/init_text.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/cleanup.h"

#define WORD_LEN_MAX 120
#define WORDS_MAX    256 /* of one file */

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r';
}

static char *skip_blanks(char *s)
{
	while (is_blank(*s))
		s++;
	return s;
}

/* The next line of *rest, without its newline and outer blanks; NULL at the end. */
static char *next_line(char **rest)
{
	char *line = strsep(rest, "\n");
	size_t len;

	if (!line)
		return NULL;
	for (len = strlen(line); len && is_blank(line[len - 1]);)
		line[--len] = '\0';
	return line;
}

/* May the word appear in a note and in sandbox.ini? */
static bool is_word(const char *s, size_t len)
{
	if (!len || len > WORD_LEN_MAX)
		return false;
	for (size_t i = 0; i < len; i++)
		if ((unsigned char)s[i] <= ' ' || s[i] == 0x7f || (unsigned char)s[i] >= 0x80)
			return false;
	return true;
}

/* Appends a pair, if both are valid. */
static void add_pair(struct strv *out, const char *key, size_t key_len, const char *value,
		     size_t value_len)
{
	if (!is_word(key, key_len) || !is_word(value, value_len) || out->n >= WORDS_MAX)
		return;
	strv_push_take(out, xstrndup(key, key_len));
	strv_push_take(out, xstrndup(value, value_len));
}

static const char *pair_value(const struct strv *pairs, const char *key, size_t len)
{
	for (size_t i = 0; i + 1 < pairs->n; i += 2)
		if (strlen(pairs->v[i]) == len && strncmp(pairs->v[i], key, len) == 0)
			return pairs->v[i + 1];
	return NULL;
}

/* Expands one variable at *s, which is after its dollar sign. False: it has no value here. */
static bool expand_one(const char **s, const struct strv *args, struct buf *out)
{
	bool braces = **s == '{';
	const char *name = *s + braces, *value;
	size_t len = 0;

	while (isalnum((unsigned char)name[len]) || name[len] == '_')
		len++;
	value = pair_value(args, name, len);
	*s = name + len;
	if (braces) {
		const char *end = strchr(*s, '}');
		bool empty = !value || !*value;

		if (!end)
			return false;
		if (starts_with(*s, ":-") || starts_with(*s, "-")) {
			const char *other = *s + (**s == ':') + 1;

			if (empty) {
				buf_add(out, other, (size_t)(end - other));
				*s = end + 1;
				return !memchr(other, '$', (size_t)(end - other));
			}
		} else if (*s != end) {
			return false;
		}
		*s = end + 1;
	}
	if (value)
		buf_addstr(out, value);
	return value != NULL;
}

/* The caller frees it; NULL if unknown. */
static char *expand(const char *word, const struct strv *args)
{
	cleanup_buf struct buf out = BUF_INIT;

	while (*word) {
		if (*word != '$') {
			buf_addch(&out, *word++);
			continue;
		}
		word++;
		if (!expand_one(&word, args, &out))
			return NULL;
	}
	return is_word(out.data, out.len) ? buf_detach(&out) : NULL;
}

struct stages {
	struct strv args;	 /* names and values in turn */
	struct strv names;	 /* names of stages and their base images, in turn */
	struct strv stage_names; /* of each stage, or "" */
	struct strv *images, *packages;
};

static char *unquoted(char *word)
{
	size_t len = strlen(word);

	if (len >= 2 && (*word == '"' || *word == '\'') && word[len - 1] == *word) {
		word[len - 1] = '\0';
		return word + 1;
	}
	return word;
}

/*
 * A later stage also has what the stage below it installs; names and packages have the same order.
 */
static const char *parent_packages(const struct stages *st, const char *name)
{
	for (size_t i = st->stage_names.n; name && i-- > 0;)
		if (streq(st->stage_names.v[i], name))
			return st->packages->v[i];
	return "";
}

/* FROM [--platform=...] IMAGE [AS NAME] */
static void take_from(struct stages *st, char *rest)
{
	char *save = NULL, *word = strtok_r(rest, " \t", &save);
	cleanup_free char *image = NULL;
	const char *base;

	while (word && starts_with(word, "--"))
		word = strtok_r(NULL, " \t", &save);
	if (!word || st->images->n >= WORDS_MAX)
		return;
	image = expand(unquoted(word), &st->args);
	base = image ? pair_value(&st->names, image, strlen(image)) : "?";
	base = base ? base : image;
	strv_push(st->images, base);
	strv_push(st->packages, parent_packages(st, image));
	word = strtok_r(NULL, " \t", &save);
	word = word && strcasecmp(word, "AS") == 0 ? strtok_r(NULL, " \t", &save) : NULL;
	strv_push(&st->stage_names, word ? word : "");
	if (word)
		add_pair(&st->names, word, strlen(word), base, strlen(base));
}

/* ARG NAME=VALUE, before the first FROM. */
static void take_arg(struct stages *st, char *rest)
{
	char *save = NULL;

	for (char *word = strtok_r(rest, " \t", &save); word; word = strtok_r(NULL, " \t", &save)) {
		char *equals = strchr(word, '=');
		cleanup_free char *value = NULL;

		if (!equals || equals == word)
			continue;
		value = expand(unquoted(equals + 1), &st->args);
		if (value)
			add_pair(&st->args, word, (size_t)(equals - word), value, strlen(value));
	}
}

/* The word that ends a here-document opened by the instruction; points into line, or NULL. */
static const char *heredoc(const char *line, size_t *ret_len)
{
	const char *s = strstr(line, "<<");
	size_t len = 0;

	if (!s)
		return NULL;
	s += 2 + (s[2] == '-');
	s += *s == '"' || *s == '\'';
	while (isalnum((unsigned char)s[len]) || s[len] == '_')
		len++;
	if (!len)
		return NULL;
	*ret_len = len;
	return s;
}

/* One instruction, with continuation lines joined. */
static void take_instruction(struct stages *st, char *line)
{
	size_t len = strcspn(line, " \t");

	if (len == 4 && strncasecmp(line, "FROM", 4) == 0)
		take_from(st, line + 4);
	else if (len == 3 && strncasecmp(line, "ARG", 3) == 0 && !st->images->n)
		take_arg(st, line + 3);
	else if (len == 3 && strncasecmp(line, "RUN", 3) == 0 && st->packages->n)
		init_text_installs(line + 3, st->packages);
}

/* "# escape=`" at the top replaces the backslash by another character. */
static char escape_of(const char *text)
{
	const char *s = text + strspn(text, "# \t");

	return *text == '#' && starts_with(s, "escape=`") ? '`' : '\\';
}

void init_text_dockerfile(const char *text, struct strv *ret_images, struct strv *ret_packages)
{
	cleanup_free char *copy = xstrdup(text), *end = NULL;
	cleanup_buf struct buf instruction = BUF_INIT;
	struct stages st = {.images = ret_images, .packages = ret_packages};
	char *rest = copy, *line, escape = escape_of(text);

	while ((line = next_line(&rest))) {
		const char *word;
		size_t len;

		line = skip_blanks(line);
		len = strlen(line);
		if (end && streq(line, end)) {
			free(end);
			end = NULL;
			continue;
		}
		if (end || *line == '#')
			continue;
		buf_addf(&instruction, "%s ", line);
		if (len && line[len - 1] == escape) {
			instruction.data[instruction.len - 2] = ' ';
			continue;
		}
		word = heredoc(instruction.data, &len);
		if (word)
			end = xstrndup(word, len);
		take_instruction(&st, instruction.data);
		buf_reset(&instruction);
	}
	strv_clear(&st.args);
	strv_clear(&st.names);
	strv_clear(&st.stage_names);
}

char *init_text_first(const char *text)
{
	cleanup_free char *copy = xstrdup(text);
	char *rest = copy, *line;

	while ((line = next_line(&rest))) {
		size_t len;

		line = skip_blanks(line);
		len = strcspn(line, " \t#");
		if (len)
			return is_word(line, len) ? xstrndup(line, len) : NULL;
	}
	return NULL;
}

void init_text_tool_versions(const char *text, struct strv *out)
{
	cleanup_free char *copy = xstrdup(text);
	char *rest = copy, *line;

	while ((line = next_line(&rest))) {
		size_t tool, version;
		char *value;

		line[strcspn(line, "#")] = '\0';
		line = skip_blanks(line);
		tool = strcspn(line, " \t");
		value = skip_blanks(line + tool);
		version = strcspn(value, " \t");
		add_pair(out, line, tool, value, version);
	}
}

/* "[section]", blanks allowed inside. */
static bool is_header(const char *line, const char *section)
{
	size_t len = strlen(section);

	if (*line++ != '[')
		return false;
	line += strspn(line, " \t");
	if (strncmp(line, section, len) != 0)
		return false;
	line += len;
	line += strspn(line, " \t");
	return *line == ']';
}

bool init_text_toml_has(const char *text, const char *section)
{
	cleanup_free char *copy = xstrdup(text);
	char *rest = copy, *line;

	while ((line = next_line(&rest)))
		if (is_header(skip_blanks(line), section))
			return true;
	return false;
}

/* key = "value", key = ["value", ...], key = { version = "value" } or key = value */
static void take_toml(char *line, struct strv *out)
{
	char *equals = strchr(line, '='), *value;
	size_t key_len, len;

	if (!equals || *line == '#')
		return;
	value = skip_blanks(equals + 1);
	while (equals > line && is_blank(equals[-1]))
		equals--;
	if (equals - line >= 2 && (*line == '"' || *line == '\'')) {
		line++;
		equals--;
	}
	key_len = (size_t)(equals - line);
	if (*value == '{') {
		char *version = strstr(value, "version");

		value = version ? strchr(version, '=') : NULL;
		if (!value)
			return;
		value++;
	}
	value += strspn(value, " \t[");
	if (*value == '"' || *value == '\'') {
		len = strcspn(value + 1, "\"'");
		value++;
	} else {
		len = strcspn(value, " \t,#]}");
	}
	add_pair(out, line, key_len, value, len);
}

void init_text_toml(const char *text, const char *section, struct strv *out)
{
	cleanup_free char *copy = xstrdup(text);
	char *rest = copy, *line;
	bool in = !*section;

	while ((line = next_line(&rest))) {
		line = skip_blanks(line);
		if (*line == '[')
			in = is_header(line, section);
		else if (in)
			take_toml(line, out);
	}
}

char *init_text_go(const char *text)
{
	cleanup_free char *copy = xstrdup(text);
	char *rest = copy, *line;

	while ((line = next_line(&rest))) {
		char *value;
		size_t len;

		if (!starts_with(line, "go ") && !starts_with(line, "go\t"))
			continue;
		value = skip_blanks(line + 2);
		len = strcspn(value, " \t/");
		return is_word(value, len) ? xstrndup(value, len) : NULL;
	}
	return NULL;
}
