/*
 * box_log.h - the output of detached commands and hooks of a box, kept with the box.
 *
 *	BOX/log, BOX/log.1	the newer and the older half
 *
 * A line has milliseconds since 1970, the source (`run`, `exec`, or the name of a hook) and the
 * text, separated by blanks. The box has the write end of a pipe. A process outside reads it and
 * writes the log until the last writer has ended. So the box cannot change its past output, gets no
 * file of the host, and uses a bounded part of the disk.
 */
#ifndef BOX_BOX_LOG_H
#define BOX_BOX_LOG_H

#include "base/err.h"
#include "box/box.h"

#define BOX_LOG	      "log"
#define BOX_LOG_OLDER "log.1"

/* Limit of each of the two files. */
#define BOX_LOG_MAX (8u << 20)

struct box_log {
	int input;   /* the pipe's write end */
	int control; /* of the process; while it is open, output is shown as well */
};

#define BOX_LOG_INIT                       \
	{                                  \
		.input = -1, .control = -1 \
	}

/*
 * Starts the process for one command. source is one word. show: a descriptor to copy all output to
 * until box_log_finish(), or -1. If the log cannot be written, that is a warning and not an error.
 */
int box_log_start(const struct box *b, const char *source, int show, struct box_log *ret,
		  struct err *e);

/* Closes the input and waits until the output so far is shown; other writers continue. */
void box_log_finish(struct box_log *l);

#endif
