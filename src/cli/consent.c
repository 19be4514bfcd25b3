/*
 * consent.c - asking the user for what a project wants of this machine.
 *
 * Promises that the whole question is visible: each thing is one line, nothing is cut off,
 * characters that do not show are escaped, and what reaches furthest is next to the answer.
 */
#include "cli/consent.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/quote.h"
#include "cli/ask/ask.h"
#include "grant/reach_order.h"

/* For one line of an error, so that the text before and after it fits as well. */
#define MAX_IN_ERROR 500

/* "7 things, the last 2 reach furthest". The caller frees. */
static char *count(const struct strv *lines, size_t far)
{
	return far < lines->n ? xasprintf("%zu items, the last %zu reach%s furthest", lines->n, far,
					  far == 1 ? "es" : "")
			      : xasprintf("%zu thing%s", lines->n, lines->n == 1 ? "" : "s");
}

/* Letters of other scripts may look alike: such a line is printed twice. */
static void print_line(const char *line)
{
	cleanup_buf struct buf ascii = BUF_INIT;

	fprintf(stderr, "  %s\n", line);
	quote_ascii(line, &ascii);
	if (!streq(ascii.data, line))
		fprintf(stderr, "    in ASCII:  %s\n", ascii.data);
}

/* Does a list fill the screen? */
static bool is_long(const struct strv *lines)
{
	struct winsize size;
	size_t rows = 0;

	if (ioctl(STDERR_FILENO, TIOCGWINSZ, &size) < 0 || !size.ws_row || !size.ws_col)
		return false;
	for (size_t i = 0; i < lines->n; i++)
		rows += (strlen(lines->v[i]) + 2) / size.ws_col + 1;
	return rows + 4 > size.ws_row;
}

static void print_lines(const char *quoted, const char *than, const struct strv *lines, size_t far)
{
	cleanup_free char *counted = count(lines, far);
	bool several = lines->n > 1;

	fprintf(stderr, "sandbox: the project '%s' asks for these of this machine%s%s%s%s:\n",
		quoted, than, several ? " (" : "", several ? counted : "", several ? ")" : "");
	for (size_t i = 0; i < lines->n; i++)
		print_line(lines->v[i]);
	if (is_long(lines))
		fprintf(stderr, "  (%s; they fill more than this screen: scroll up for all)\n",
			counted);
}

/* Nobody can answer: an error that contains the list, or follows it. */
static int refuse(const struct consent *c, const char *project, const char *than,
		  const struct strv *lines, size_t far, struct err *e)
{
	cleanup_free char *counted = count(lines, far), *word = quote_shell(project);
	cleanup_free char *command = xasprintf("sandbox %s --accept %s%s", c->command,
					       c->option ? c->option : "", word);
	const char *mark = *word == '/' ? "'" : ""; /* a quoted word has its own quotes */
	cleanup_buf struct buf all = BUF_INIT;

	for (size_t i = 0; i < lines->n; i++)
		buf_addf(&all, "%s%s", i ? "; " : "", lines->v[i]);
	if (lines->n > 2)
		buf_addf(&all, " (%s)", counted);
	if (all.len + strlen(command) > MAX_IN_ERROR) {
		cleanup_free char *quoted = err_quote_all(project);

		print_lines(quoted, than, lines, far);
		buf_reset(&all);
		fprintf(stderr, "  to agree: %s\n", command);
		buf_addf(&all, "%s, listed above", counted);
	}
	return err_set(e, EPERM,
		       "the project asks for these of this machine%s: %s: %s%s%s to agree", than,
		       all.data, mark, command, mark);
}

static int ask(const char *project, const struct strv *lines, bool first, void *arg, struct err *e)
{
	const struct consent *c = arg;
	const char *than = first ? "" : ", more than before";
	cleanup_free char *quoted = NULL;
	cleanup_strv struct strv sorted = {0};
	size_t far;
	bool yes;
	int r;

	if (c->accept)
		return 0;
	far = reach_order(lines, &sorted);
	if (!isatty(STDIN_FILENO) || !isatty(STDERR_FILENO))
		return refuse(c, project, than, &sorted, far, e);
	quoted = err_quote_all(project);
	print_lines(quoted, than, &sorted, far);
	r = ask_yes("let it have them?", &yes, e);
	if (r < 0)
		return r;
	return yes ? 0 : err_set(e, EPERM, "the project was not given what it asks for");
}

struct reach_asker consent_asker(const struct consent *c)
{
	return (struct reach_asker){.ask = ask,
				    .arg = (void *)c,
				    .accepts = c->accept,
				    .asks = isatty(STDIN_FILENO) && isatty(STDERR_FILENO)};
}
