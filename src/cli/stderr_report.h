/*
 * stderr_report.h - the command line's report: what work says, on stderr.
 */
#ifndef CLI_STDERR_REPORT_H
#define CLI_STDERR_REPORT_H

#include <stdbool.h>

#include "base/report.h"

/* All that is said goes to stderr from here on; quiet as --quiet. Can be called again. */
void stderr_report(bool quiet);

/* Prints one line, as report_line(). */
void stderr_line(enum report_kind kind, const char *text);

/* A terminal that can move its cursor (TERM is not dumb). */
bool stderr_can_draw(void);

/* Of the terminal, in characters; 80 and 24 when it does not tell. Either may be NULL. */
void stderr_size(int *ret_width, int *ret_height);

#endif
