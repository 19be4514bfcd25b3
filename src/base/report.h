/*
 * report.h - what work says to whoever called it, while it goes on.
 *
 * No room below the command line writes to a terminal: notes, warnings and progress go to the one `struct report` of
 * the process, which shows them. The command line's is cli/stderr_report.h. Without one, nothing is shown. Results
 * are returned, errors are a `struct err`, and questions go to the `struct reach_asker` of a request
 * (grant/reach_line.h): the caller's options are part of the answer.
 *
 * There is one for a process because work changes what a process has one of: descriptors 0 to 2, signals,
 * children. Two pieces of it do not run in one process at the same time.
 */
#ifndef BASE_REPORT_H
#define BASE_REPORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum report_kind {
	REPORT_WARNING,
	REPORT_NOTE,
	REPORT_DEBUG,
	REPORT_WAITING, /* why a transfer does not go on */
	REPORT_OUTPUT,	/* a line that a failed program has written */
};

/* One of the steps that make an environment. */
struct report_step {
	size_t number, of; /* number counts from 1 */
	const char *title;
	long long began; /* clock_ms() */
};

/* A member that is NULL shows nothing. Those about transfers are called from any thread. */
struct report {
	bool quiet; /* notes and progress are not wanted */

	/* One printable line, without a newline. */
	void (*line)(enum report_kind kind, const char *text);

	/* As report_transfer() and its kin below. */
	int (*transfer)(const char *label, const char *word, uint64_t total);
	void (*transfer_word)(int id, const char *word);
	void (*transfer_done)(int id, uint64_t done);
	void (*transfer_end)(int id, const char *word);

	/* line: what the step has just written, to be made printable; NULL when it begins. */
	void (*step)(const struct report_step *step, const char *line);
	void (*step_end)(void);
};

/* From here on to r, which outlives all work; NULL: to nobody. */
void report_to(const struct report *r);

/* Notes and progress are not wanted: work that is done only for them can be left out. */
bool report_is_quiet(void);

/* One printable line. log.h has what makes notes and warnings. */
void report_line(enum report_kind kind, const char *text);

/*
 * A transfer, such as a layer that is pulled: total bytes, 0 when that is unknown. word, a constant, is what is done
 * now: "waiting", "pulling". label is copied. Returns its number, for the others.
 */
int report_transfer(const char *label, const char *word, uint64_t total);
void report_transfer_word(int id, const char *word);
void report_transfer_done(int id, uint64_t done); /* bytes so far */
void report_transfer_end(int id, const char *word);

/* A step begins (line NULL), has written a line, has ended. One at a time. */
void report_step(const struct report_step *step, const char *line);
void report_step_end(void);

#endif
