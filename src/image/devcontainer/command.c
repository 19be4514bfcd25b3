/*
 * command.c - see command.h.
 */
#include "image/devcontainer/command.h"

#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"

/* Also for one without $'...'. */
void command_add_quoted(struct buf *out, const char *word)
{
	static const char bare[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				   "0123456789_-./:=@%+,";

	if (*word && !word[strspn(word, bare)]) {
		buf_addstr(out, word);
		return;
	}
	buf_addch(out, '\'');
	for (; *word; word++)
		if (*word == '\'')
			buf_addstr(out, "'\\''");
		else
			buf_addch(out, *word);
	buf_addch(out, '\'');
}

/* A line for a shell of its own: `exit` in it ends only that. */
static char *add_line(const char *text, const struct variables *v, struct buf *out,
		      struct strv *names)
{
	cleanup_buf struct buf line = BUF_INIT;
	char *wrong = variables_expand(v, text, VARIABLES_SHELL, &line, names);

	if (wrong)
		return wrong;
	buf_addstr(out, "/bin/sh -c ");
	command_add_quoted(out, line.data);
	return NULL;
}

static char *add_words(const json_t *value, const struct variables *v, struct buf *out,
		       struct strv *names)
{
	for (size_t i = 0; i < json_array_size(value); i++) {
		const char *text = json_string_value(json_array_get(value, i));
		cleanup_buf struct buf word = BUF_INIT;
		char *wrong = text ? variables_expand(v, text, VARIABLES_TEXT, &word, names)
				   : xstrdup("a word of the command is not a string");

		if (wrong)
			return wrong;
		if (i)
			buf_addch(out, ' ');
		command_add_quoted(out, word.data);
	}
	return NULL;
}

static bool is_empty(const json_t *value)
{
	return !value || json_is_null(value) ||
	       (json_is_string(value) && !json_string_length(value)) ||
	       (json_is_array(value) && !json_array_size(value));
}

static char *add_one(const json_t *value, const struct variables *v, struct buf *out,
		     struct strv *names)
{
	if (json_is_string(value))
		return add_line(json_string_value(value), v, out, names);
	if (json_is_array(value))
		return add_words(value, v, out, names);
	return xstrdup("a command is a string or an array of strings");
}

static char *add_parallel(const json_t *value, const struct variables *v, struct buf *out,
			  struct strv *names)
{
	json_t *object = (json_t *)value;
	size_t n = 0;

	for (void *it = json_object_iter(object); it; it = json_object_iter_next(object, it)) {
		char *wrong;

		if (is_empty(json_object_iter_value(it)))
			continue;
		wrong = add_one(json_object_iter_value(it), v, out, names);
		if (wrong)
			return wrong;
		buf_addf(out, " & p%zu=$!\n", n++);
	}
	if (!n)
		return NULL;
	buf_addstr(out, "failed=0\n");
	for (size_t i = 0; i < n; i++)
		buf_addf(out, "wait $p%zu || failed=$?\n", i);
	buf_addstr(out, "[ $failed = 0 ] || exit $failed\n");
	return NULL;
}

char *command_add(const json_t *value, const struct variables *v, struct buf *out,
		  struct strv *names)
{
	cleanup_buf struct buf lines = BUF_INIT;
	char *wrong;

	if (is_empty(value))
		return NULL;
	wrong = json_is_object(value) ? add_parallel(value, v, &lines, names)
				      : add_one(value, v, &lines, names);
	if (wrong)
		return wrong;
	buf_addf(out, "%s%s", lines.data, json_is_object(value) ? "" : "\n");
	return NULL;
}
