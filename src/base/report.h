/*
 * report.h - what a flow reports to its caller while it runs: notes, warnings and progress.
 *
 * No room below the command line prints. Reports go to the one `struct report` of the process,
 * which shows them; the command line's is cli/stderr_report.h. Without one, nothing is shown.
 * Results are returned, errors are a `struct err`, and questions go to the `struct reach_asker` of
 * a request (grant/reach_line.h), because the caller's options are part of the answer.
 *
 * There is one for each process because a flow changes what belongs to the process: descriptors 0
 * to 2, signals, children. Two flows cannot run in one process at the same time. A forked child
 * keeps the report; the children of matrix and of steps have a log as their stderr.
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
	REPORT_WAITING, /* why a transfer waits */
	REPORT_OUTPUT,	/* a line of the output of a failed program */
};

/* One of the steps that make an environment. */
struct report_step {
	size_t number, of; /* number counts from 1 */
	const char *title;
	const char *doing, *done; /* "preparing", "prepared" */
	long long began;	  /* clock_ms() */
};

/* A NULL member shows nothing. Transfers are reported from any thread. */
struct report {
	bool quiet; /* notes and progress are not wanted */

	/* One printable line, without a newline. */
	void (*line)(enum report_kind kind, const char *text);

	/* As report_transfer() and the functions after it. */
	int (*transfer)(const char *label, const char *word, uint64_t total);
	void (*transfer_word)(int id, const char *word);
	void (*transfer_done)(int id, uint64_t done);
	void (*transfer_end)(int id, const char *word);

	/* line: what the step has just written, not yet made printable; NULL when it begins. */
	void (*step)(const struct report_step *step, const char *line);
	void (*step_end)(void);
};

/* Sends all reports to r, which must stay valid; NULL: to nobody. */
void report_to(const struct report *r);

/* Notes and progress are not wanted: work that is needed only for them can be skipped. */
bool report_is_quiet(void);

/* Reports one printable line. Notes and warnings are made by log.h. */
void report_line(enum report_kind kind, const char *text);

/*
 * Begins a transfer, such as the pull of a layer, of total bytes; 0: unknown. word, a constant, is
 * the current activity: "waiting", "pulling". label is copied. Returns the id for the others.
 */
int report_transfer(const char *label, const char *word, uint64_t total);
void report_transfer_word(int id, const char *word);
void report_transfer_done(int id, uint64_t done); /* bytes so far */
void report_transfer_end(int id, const char *word);

/* A step begins (line NULL), writes a line, ends. Only one step runs at a time. */
void report_step(const struct report_step *step, const char *line);
void report_step_end(void);

#endif
