/*
 * heredoc.c - finds `<<NAME` in an instruction, and reads what follows it.
 *
 * Which words begin a here-document is decided as in BuildKit: by splitting the line as a shell
 * would, so that `"<<X"` and `$((1<<2))` begin none, and a line with unbalanced quotes has none.
 */
#include "build/heredoc.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "build/expand.h"

static size_t count_quotes(const char *s)
{
	size_t n = 0;

	for (; *s; s++)
		n += *s == '\'' || *s == '"';
	return n;
}

/* The only word of s, or NULL. */
static int only_word(const char *s, bool raw_quotes, char **ret, struct err *e)
{
	const struct expand_options options = {
		.escape = '\\', .raw_quotes = raw_quotes, .keep = EXPAND_KEEP_ALL};
	const struct variables none = {0};
	cleanup_strv struct strv words = {0};
	int r = expand_words(s, &options, &none, &words, NULL, e);

	if (r == 0)
		*ret = words.n == 1 ? xstrdup(words.v[0]) : NULL;
	return r;
}

int heredoc_word(const char *word, char **ret_name, bool *ret_expand, bool *ret_tabs, struct err *e)
{
	cleanup_free char *name = NULL, *quoted = NULL;
	const char *s = word + strspn(word, "0123456789");
	bool tabs;
	int r;

	if (s[0] != '<' || s[1] != '<')
		return 0;
	s += 2;
	tabs = *s == '-';
	s += tabs;
	s += strspn(s, " \t\r\n\f");
	if (!*s || strchr(s, '<'))
		return 0;
	r = only_word(s, false, &name, e);
	if (r == 0)
		r = only_word(s, true, &quoted, e);
	if (r < 0 || !name || !quoted)
		return r;
	*ret_expand = count_quotes(name) == count_quotes(quoted);
	*ret_tabs = tabs;
	*ret_name = take_ptr(name);
	return 1;
}

/* Up to the line that is the name. */
static int read_content(struct lines *lines, const char *name, bool tabs, struct buf *out,
			struct err *e)
{
	const char *s;
	size_t len, n = strlen(name);

	while (lines_raw(lines, &s, &len)) {
		size_t skip = 0, end = len;

		while (end && (s[end - 1] == '\n' || s[end - 1] == '\r'))
			end--;
		while (tabs && skip < end && s[skip] == '\t')
			skip++;
		if (end - skip == n && memcmp(s + skip, name, n) == 0)
			return 0;
		buf_add(out, s, len);
	}
	return err_set(e, ERR_USAGE,
		       "the here-document '%s' does not end; it needs a line with only %s", name,
		       name);
}

void heredoc_text(const struct heredoc *doc, struct buf *out)
{
	for (const char *s = doc->content; *s;) {
		size_t n;

		s += doc->tabs ? strspn(s, "\t") : 0;
		n = strcspn(s, "\n");
		n += s[n] == '\n';
		buf_add(out, s, n);
		s += n;
	}
}

static int read_one(struct lines *lines, const char *word, struct instruction *in, struct err *e)
{
	cleanup_buf struct buf content = BUF_INIT;
	cleanup_free char *name = NULL;
	struct heredoc doc = {0};
	int r = heredoc_word(word, &name, &doc.expand, &doc.tabs, e);

	if (r <= 0)
		return r;
	r = read_content(lines, name, doc.tabs, &content, e);
	if (r < 0)
		return r;
	doc.name = take_ptr(name);
	doc.content = buf_detach(&content);
	in->heredocs = xrealloc(in->heredocs, in->n_heredocs + 1, sizeof(*in->heredocs));
	in->heredocs[in->n_heredocs++] = doc;
	return 0;
}

int heredoc_read(struct lines *lines, struct instruction *in, struct err *e)
{
	const struct expand_options options = {
		.escape = '\\', .raw_quotes = true, .raw_escapes = true, .keep = EXPAND_KEEP_ALL};
	const struct variables none = {0};
	cleanup_strv struct strv words = {0};
	struct err unbalanced;

	if (!strstr(in->text, "<<") ||
	    expand_words(in->text, &options, &none, &words, NULL, &unbalanced) < 0)
		return 0;
	for (size_t i = 0; i < words.n; i++) {
		int r = read_one(lines, words.v[i], in, e);

		if (r < 0)
			return r;
	}
	return 0;
}
