/*
 * step_log.h - the output of a step of preparing: all of it to a file, its last line to a terminal.
 */
#ifndef PREPARE_STEP_LOG_H
#define PREPARE_STEP_LOG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <time.h>

#include "base/err.h"
#include "base/mem.h"
#include "base/report.h"

#define STEP_LOG_MAX  (16u << 20) /* limit of the file; then it starts over */
#define STEP_LOG_TAIL 15	  /* lines to show of a failed step */

struct step_log {
	FILE *file;
	struct report_step step; /* the caller sets all but began */
	size_t bytes;		 /* in the file */
	char line[400];		 /* the present line, as far as it fits */
	size_t len;
	char *tail[STEP_LOG_TAIL];
	size_t n_lines;
};

/* Begins a log at path beneath dirfd, replacing an older one. */
int step_log_open(struct step_log *l, int dirfd, const char *path, struct err *e);
void step_log_add(struct step_log *l, const char *data, size_t len);

/* Ends it: reports that the step is done or, with the last lines of output, that it failed. */
int step_log_close(struct step_log *l, bool done, struct err *e);

#endif
