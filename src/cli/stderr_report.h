/*
 * stderr_report.h - the command line's report: shows what happens on stderr.
 */
#ifndef CLI_STDERR_REPORT_H
#define CLI_STDERR_REPORT_H

#include <stdbool.h>

#include "base/report.h"

/* From here on all reports go to stderr; quiet as --quiet. May be called again. */
void stderr_report(bool quiet);

/* Prints one line, as report_line(). */
void stderr_line(enum report_kind kind, const char *text);

/* Is stderr a terminal that can move its cursor (TERM is not dumb)? */
bool stderr_can_draw(void);

/* The size of the terminal in characters; 80 and 24 if unknown. Either may be NULL. */
void stderr_size(int *ret_width, int *ret_height);

#endif
