/*
 * report.c - passes everything on to the report of the process.
 */
#include "base/report.h"

static const struct report nobody;
static const struct report *to = &nobody;

void report_to(const struct report *r)
{
	to = r ? r : &nobody;
}

bool report_is_quiet(void)
{
	return to->quiet;
}

void report_line(enum report_kind kind, const char *text)
{
	if (to->quiet && (kind == REPORT_NOTE || kind == REPORT_WAITING))
		return;
	if (to->line)
		to->line(kind, text);
}

int report_transfer(const char *label, const char *word, uint64_t total)
{
	return to->transfer ? to->transfer(label, word, total) : 0;
}

void report_transfer_word(int id, const char *word)
{
	if (to->transfer_word)
		to->transfer_word(id, word);
}

void report_transfer_done(int id, uint64_t done)
{
	if (to->transfer_done)
		to->transfer_done(id, done);
}

void report_transfer_end(int id, const char *word)
{
	if (to->transfer_end)
		to->transfer_end(id, word);
}

void report_step(const struct report_step *step, const char *line)
{
	if (to->step)
		to->step(step, line);
}

void report_step_end(void)
{
	if (to->step_end)
		to->step_end();
}
