/*
 * expand.c - one pass over the text; `${...}` recurses.
 *
 * Promises an end in bounded time and memory for any text and any values: nesting, results and the
 * work of substitutions are limited.
 */
#include "build/expand.h"

#include <ctype.h>
#include <stdint.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/quote.h"
#include "build/substitute.h"

#define NESTING_MAX 100

struct lexer {
	const char *at;
	const struct expand_options *options;
	const struct variables *vars;
	enum expand_keep keep;
	bool kept;
	bool raw_escapes; /* as in the options, and within `${X#...}` and the like */
	int nesting;
	struct err *e;
};

/* Of expand_words(): the word so far. */
struct splitter {
	struct buf word;
	struct strv *out;
	bool in_word;
};

static bool is_blank(char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

static int fail(struct lexer *x, const char *what)
{
	return err_set(x->e, ERR_USAGE, "%s", what);
}

static void split_end(struct splitter *s)
{
	if (s->word.len)
		strv_push(s->out, s->word.data);
	buf_reset(&s->word);
	s->in_word = false;
}

/* Text that is quoted, escaped, or neither. */
static void split_add(struct splitter *s, const char *text, size_t len, bool quoted)
{
	if (!s)
		return;
	for (size_t i = 0; i < len; i++) {
		if (quoted || !is_blank(text[i])) {
			buf_addch(&s->word, text[i]);
			s->in_word = true;
		} else if (s->in_word) {
			split_end(s);
		}
	}
}

static int single_quoted(struct lexer *x, struct buf *out)
{
	const char *end = strchr(x->at + 1, '\'');

	if (!end)
		return fail(x, "a ' without its end");
	if (x->options->raw_quotes)
		buf_add(out, x->at, (size_t)(end + 1 - x->at));
	else
		buf_add(out, x->at + 1, (size_t)(end - x->at - 1));
	x->at = end + 1;
	return 0;
}

static int dollar(struct lexer *x, struct buf *out);

static int double_quoted(struct lexer *x, struct buf *out)
{
	char escape = x->options->escape;

	if (x->options->raw_quotes)
		buf_addch(out, '"');
	x->at++;
	while (*x->at && *x->at != '"') {
		if (*x->at == '$') {
			int r = dollar(x, out);

			if (r < 0)
				return r;
			continue;
		}
		if (*x->at == escape) {
			/* Before other characters it is then there twice: plain in a pattern. */
			if (x->raw_escapes)
				buf_addch(out, escape);
			if (!x->at[1]) {
				x->at++;
				break;
			}
			if (x->at[1] == '"' || x->at[1] == '$' || x->at[1] == escape)
				x->at++;
		}
		buf_addch(out, *x->at++);
	}
	if (!*x->at)
		return fail(x, "a \" without its end");
	if (x->options->raw_quotes)
		buf_addch(out, '"');
	x->at++;
	return 0;
}

/* The length of the character, or of the byte if it is not UTF-8. */
static size_t char_length(const char *s)
{
	uint32_t ignored;
	size_t n = utf8_decode(s, &ignored);

	return n ? n : 1;
}

/* Up to `stop`, which is skipped, or the end of the text if that is 0. */
static int lex(struct lexer *x, char stop, struct buf *out, struct splitter *words)
{
	while (*x->at && (*x->at != stop || !stop)) {
		size_t before = out->len, n;
		bool quote = !x->options->no_quotes && (*x->at == '\'' || *x->at == '"');
		int r = 0;

		if (*x->at == '$') {
			r = dollar(x, out);
			split_add(words, out->data + before, out->len - before, false);
		} else if (quote) {
			r = *x->at == '"' ? double_quoted(x, out) : single_quoted(x, out);
			split_add(words, out->data + before, out->len - before, true);
			if (words)
				words->in_word = true;
		} else if (x->at[0] == '<' && x->at[1] == '<') {
			/* "<< EOF" is one word. */
			n = 2 + strspn(x->at + 2, "\t\r ");
			buf_add(out, x->at, n);
			split_add(words, x->at, n, true);
			x->at += n;
		} else if (*x->at == x->options->escape) {
			if (x->raw_escapes)
				buf_addch(out, *x->at);
			x->at++;
			n = *x->at ? char_length(x->at) : 0;
			buf_add(out, x->at, n);
			split_add(words, out->data + before, out->len - before, true);
			x->at += n;
		} else {
			buf_addch(out, *x->at);
			split_add(words, x->at, 1, false);
			x->at++;
		}
		if (r < 0)
			return r;
		if (out->len > VARIABLES_TEXT_MAX)
			return fail(
				x, "the text is longer than 1 MiB when its variables are replaced");
	}
	if (stop && !*x->at)
		return fail(x, stop == '/' ? "a ${X/...} without its second '/'"
					   : "a ${ without its }");
	x->at += stop != 0;
	return 0;
}

/* The text of `${X...}` up to stop, with escapes as written or without them. */
static int inner(struct lexer *x, char stop, bool raw, struct buf *out)
{
	bool before = x->raw_escapes;
	int r;

	if (++x->nesting > NESTING_MAX)
		return fail(x, "${...} is nested more than 100 times");
	x->raw_escapes = raw;
	r = lex(x, stop, out, NULL);
	x->raw_escapes = before;
	x->nesting--;
	return r;
}

/* A number, a special parameter such as '@', or a name; may be empty. */
static size_t name_length(const char *s)
{
	size_t n = 0;

	if (isdigit((unsigned char)*s))
		return strspn(s, "0123456789");
	if (*s && strchr("@*#?-$!", *s))
		return 1;
	while (isalnum((unsigned char)s[n]) || s[n] == '_' || (s[n] & 0x80))
		n++;
	return n;
}

/*
 * Appends what names the variable, from `from` to here, as written, if it stays so. plain: there is
 * no text to take instead.
 */
static bool keeps(struct lexer *x, const char *value, bool plain, const char *from, struct buf *out)
{
	if (value || x->keep < (plain ? EXPAND_KEEP_PLAIN : EXPAND_KEEP_ALL))
		return false;
	buf_add(out, from, (size_t)(x->at - from));
	x->kept = true;
	return true;
}

/* `${X:-word}`, `${X-word}`, and with '+' and '?'. */
static int alternative(struct lexer *x, const char *from, const char *name, char op, bool colon,
		       struct buf *out)
{
	const char *value = variables_get(x->vars, name);
	bool set = value && (*value || !colon);
	cleanup_buf struct buf word = BUF_INIT;
	int r = inner(x, '}', false, &word);

	if (r < 0)
		return r;
	if (keeps(x, value, op == '?', from, out))
		return 0;
	if (op == '?' && !set)
		return err_set(x->e, ERR_USAGE, "%s: %s", name,
			       word.len ? word.data
			       : value	? "is not allowed to be empty"
					: "is not allowed to be unset");
	if ((op == '-' && !set) || (op == '+' && set))
		buf_addstr(out, word.data);
	else if (op != '+')
		buf_addstr(out, value);
	return 0;
}

/* `${X#pattern}`, `${X##pattern}`, and with '%'. */
static int trim(struct lexer *x, const char *from, const char *name, char op, struct buf *out)
{
	const char *value = variables_get(x->vars, name);
	cleanup_buf struct buf word = BUF_INIT;
	int r = inner(x, '}', true, &word);
	bool longest = word.data[0] == op;

	if (r < 0)
		return r;
	if (keeps(x, value, true, from, out))
		return 0;
	return substitute_trim(value ? value : "", word.data + longest, op == '%', longest, out,
			       x->e);
}

/* `${X/pattern/text}`, `${X//pattern/text}`. */
static int replace(struct lexer *x, const char *from, const char *name, struct buf *out)
{
	const char *value = variables_get(x->vars, name);
	cleanup_buf struct buf pattern = BUF_INIT, text = BUF_INIT;
	bool all = *x->at == '/';
	int r;

	x->at += all;
	r = inner(x, '/', true, &pattern);
	if (r == 0)
		r = inner(x, '}', true, &text);
	if (r < 0)
		return r;
	if (keeps(x, value, true, from, out))
		return 0;
	return substitute_replace(value ? value : "", pattern.data, text.data, all, out, x->e);
}

/* from is the '$'. */
static int braced(struct lexer *x, const char *from, struct buf *out)
{
	size_t n;
	cleanup_free char *name = NULL;
	const char *value;
	bool colon;
	char op;

	if (!*x->at || strchr("{}:", *x->at))
		return fail(x, *x->at ? "${ without the name of a variable after it"
				      : "a ${ without its }");
	n = name_length(x->at);
	name = xstrndup(x->at, n);
	x->at += n;
	colon = *x->at == ':';
	x->at += colon;
	op = *x->at;
	x->at += op != '\0';
	if (op == '}' && !colon) {
		value = variables_get(x->vars, name);
		if (!keeps(x, value, true, from, out))
			buf_addstr(out, value ? value : "");
		return 0;
	}
	if (op == '-' || op == '+' || op == '?')
		return alternative(x, from, name, op, colon, out);
	if (!colon && (op == '#' || op == '%'))
		return trim(x, from, name, op, out);
	if (!colon && op == '/')
		return replace(x, from, name, out);
	if (!op)
		return fail(x, "a ${ without its }");
	return err_set(x->e, ERR_USAGE,
		       "${%s%s%c...} is not supported; known are ${X:-d} ${X-d} ${X:+a} ${X+a} "
		       "${X:?m} ${X?m} ${X#p} ${X##p} ${X%%p} ${X%%%%p} ${X/p/r} ${X//p/r}",
		       name, colon ? ":" : "", op);
}

static int dollar(struct lexer *x, struct buf *out)
{
	cleanup_free char *name = NULL;
	const char *from = x->at++, *value;
	size_t n;

	if (*x->at == '{') {
		x->at++;
		return braced(x, from, out);
	}
	n = name_length(x->at);
	if (n == 0) {
		buf_addch(out, '$');
		return 0;
	}
	name = xstrndup(x->at, n);
	x->at += n;
	value = variables_get(x->vars, name);
	if (!keeps(x, value, true, from, out))
		buf_addstr(out, value ? value : "");
	return 0;
}

static int start(const char *text, const struct expand_options *options,
		 const struct variables *vars, struct buf *out, struct splitter *words, bool *kept,
		 struct err *e)
{
	struct lexer x = {.at = text,
			  .options = options,
			  .vars = vars,
			  .keep = vars->open ? EXPAND_KEEP_ALL : options->keep,
			  .raw_escapes = options->raw_escapes,
			  .e = e};
	int r = lex(&x, '\0', out, words);

	if (kept && x.kept)
		*kept = true;
	return r;
}

int expand(const char *text, const struct expand_options *options, const struct variables *vars,
	   struct buf *out, bool *kept, struct err *e)
{
	cleanup_buf struct buf result = BUF_INIT;
	int r = start(text, options, vars, &result, NULL, kept, e);

	if (r == 0)
		buf_add(out, result.data, result.len);
	return r;
}

int expand_words(const char *text, const struct expand_options *options,
		 const struct variables *vars, struct strv *out, bool *kept, struct err *e)
{
	cleanup_buf struct buf result = BUF_INIT;
	struct splitter words = {.word = BUF_INIT, .out = out};
	int r = start(text, options, vars, &result, &words, kept, e);

	if (r == 0)
		split_end(&words);
	buf_free(&words.word);
	return r;
}
