/*
 * box_log.h - what detached commands and hooks of a box say, kept with the box.
 *
 *	BOX/log, BOX/log.1	the newer and the older half
 *
 * A line of them is milliseconds since 1970, who said it (`run`, `exec`, or the name of a hook), and the text,
 * with a blank after each. The box has the write end of a pipe. A process outside reads it and writes
 * the log until the last who can write has ended: so the box cannot change what it has said, gets
 * no file of the host, and what it says takes a bounded part of the disk.
 */
#ifndef BOX_BOX_LOG_H
#define BOX_BOX_LOG_H

#include "base/err.h"
#include "box/box.h"

#define BOX_LOG	      "log"
#define BOX_LOG_OLDER "log.1"

/* Each of the two files. */
#define BOX_LOG_MAX (8u << 20)

struct box_log {
	int input;   /* the pipe's write end */
	int control; /* of the process; while it is open, what is said is shown as well */
};

#define BOX_LOG_INIT                       \
	{                                  \
		.input = -1, .control = -1 \
	}

/*
 * Starts the process for one command. source is one word. show: a descriptor that everything is
 * written to as it is until box_log_finish(), or -1. A log that cannot be written is warned of and
 * no error.
 */
int box_log_start(const struct box *b, const char *source, int show, struct box_log *ret,
		  struct err *e);

/* Closes the input and waits until what was said is shown; others who can write go on. */
void box_log_finish(struct box_log *l);

#endif
