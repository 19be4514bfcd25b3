/*
 * progress.h - progress of long operations on stderr: one bar a layer on a terminal, plain lines
 * otherwise, nothing with --quiet. Thread-safe; drawn at most ten times a second.
 */
#ifndef BASE_PROGRESS_H
#define BASE_PROGRESS_H

#include <stdbool.h>
#include <stdint.h>

/* Shows bars only if stderr is a terminal that can move its cursor (TERM is not dumb). */
void progress_start(bool quiet);

/* A new row: "label  word  bar  n / total". label is copied. Returns its number. */
int progress_add(const char *label, const char *word, uint64_t total);
void progress_word(int row, const char *word); /* the current activity: "waiting", "pulling" ... */
void progress_set(int row, uint64_t done);
void progress_finish(int row, const char *word); /* without a terminal: prints "label: word" */

/* Prints a line above the rows, without "sandbox: "; nothing with --quiet. */
void progress_note(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/*
 * Leaves the cursor below the rows. Call it before anything else is printed; calling it twice is
 * safe.
 */
void progress_end(void);

#endif
