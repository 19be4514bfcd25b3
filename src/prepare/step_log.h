/*
 * step_log.h - what a step of preparing says: all of it into a file, its last line on a terminal.
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

#define STEP_LOG_MAX  (16u << 20) /* of the file: then it begins again */
#define STEP_LOG_TAIL 15	  /* lines that a failed step is shown with */

struct step_log {
	FILE *file;
	struct report_step step; /* number, of and title are the caller's */
	size_t bytes;		 /* in the file */
	char line[400];		 /* the one that is being written, as far as it fits */
	size_t len;
	char *tail[STEP_LOG_TAIL];
	size_t n_lines;
};

/* Begins a log at path beneath dirfd, in the place of an older one. */
int step_log_open(struct step_log *l, int dirfd, const char *path, struct err *e);
void step_log_add(struct step_log *l, const char *data, size_t len);

/* Ends it: a line that the step is done or, with the last lines of what it said, that it failed. */
int step_log_close(struct step_log *l, bool done, struct err *e);

#endif
