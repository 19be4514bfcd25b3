/*
 * consent.c - asking the user for what a project wants of this machine.
 */
#include "cli/consent.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "cli/ask.h"

static int ask(const char *project, const struct strv *lines, bool first, void *arg, struct err *e)
{
	const struct consent *c = arg;
	const char *than = first ? "" : ", more than before";
	cleanup_free char *quoted = err_quote_all(project);
	cleanup_buf struct buf all = BUF_INIT;
	bool yes;
	int r;

	if (c->accept)
		return 0;
	for (size_t i = 0; i < lines->n; i++)
		buf_addf(&all, "%s%s", i ? "; " : "", lines->v[i]);
	if (!isatty(STDIN_FILENO) || !isatty(STDERR_FILENO))
		return err_set(e, EPERM,
			       "the project asks for these of this machine%s: %s: 'sandbox %s "
			       "--accept %s' if that is your wish",
			       than, all.data, c->command, quoted);
	fprintf(stderr, "sandbox: the project '%s' asks for these of this machine%s:\n", quoted,
		than);
	for (size_t i = 0; i < lines->n; i++)
		fprintf(stderr, "  %s\n", lines->v[i]);
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
