/*
 * substitute.c - trims and replaces by patterns.
 */
#include "build/substitute.h"

#include "build/glob.h"
#include "build/variables.h"

/* Comparisons of a character with a part of a pattern: a second or so. */
#define WORK_MAX 200000000ull

static int read_both(const char *value, const char *pattern, bool reversed,
		     struct glob_text *ret_text, struct glob *ret_glob, struct err *e)
{
	int r = glob_shell(pattern, reversed, ret_glob, e);

	if (r < 0)
		return r;
	glob_text_read(value, ret_text);
	if (reversed)
		glob_text_reverse(ret_text);
	return 0;
}

static int too_much(struct err *e)
{
	return err_set(e, ERR_USAGE, "a ${X#p} or ${X/p/r} whose value and pattern are too long");
}

int substitute_trim(const char *value, const char *pattern, bool at_end, bool longest,
		    struct buf *out, struct err *e)
{
	cleanup_glob_text struct glob_text text = {0};
	cleanup_glob struct glob glob = {0};
	size_t end, n;
	int r = read_both(value, pattern, at_end, &text, &glob, e);

	if (r < 0)
		return r;
	if ((glob.n + 1ull) * text.n > WORK_MAX)
		return too_much(e);
	end = glob_prefix(&glob, &text, 0, longest);
	end = end == GLOB_NONE ? 0 : end;
	n = text.n - end;
	if (at_end)
		glob_text_reverse(&text);
	glob_text_write(&text, at_end ? 0 : end, at_end ? n : text.n, out);
	return 0;
}

int substitute_replace(const char *value, const char *pattern, const char *with, bool all,
		       struct buf *out, struct err *e)
{
	cleanup_glob_text struct glob_text text = {0};
	cleanup_glob struct glob glob = {0};
	unsigned long long work = 0;
	size_t at = 0, last_end = GLOB_NONE;
	bool done = false;
	int r = read_both(value, pattern, false, &text, &glob, e);

	if (r < 0)
		return r;
	for (; at <= text.n && !done; at++) {
		size_t end = glob_prefix(&glob, &text, at, true);

		work += (glob.n + 1ull) * (text.n - at + 1);
		if (work > WORK_MAX || out->len > VARIABLES_TEXT_MAX)
			return too_much(e);
		/* As Go does, no empty match directly after another match. */
		if (end != GLOB_NONE && !(end == at && at == last_end)) {
			buf_addstr(out, with);
			last_end = end;
			done = !all;
			if (end > at || done) {
				at = end - 1;
				continue;
			}
		}
		glob_text_write(&text, at, at + (at < text.n), out);
	}
	if (at < text.n)
		glob_text_write(&text, at, text.n, out);
	return 0;
}
