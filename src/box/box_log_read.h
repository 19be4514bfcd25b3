/*
 * box_log_read.h - reading the logs of box_log.h.
 */
#ifndef BOX_BOX_LOG_READ_H
#define BOX_BOX_LOG_READ_H

#include <stddef.h>

#include "base/buf.h"
#include "base/err.h"
#include "box/box.h"

/* A line; the strings are in the reader's buffer. */
struct box_log_line {
	long long time; /* milliseconds since 1970; 0: unknown */
	const char *source;
	const char *text;
	size_t len; /* of the text, which may contain anything but a newline */
};

/* Called for each line, oldest first. */
typedef void box_log_line_fn(const struct box_log_line *line, void *arg);

struct box_log_reader {
	int dir;	 /* the caller's */
	int file;	 /* the newer one, read up to the end of the last line; -1: none yet */
	struct buf rest; /* the beginning of a line */
};

#define BOX_LOG_READER_INIT                  \
	{                                    \
		.file = -1, .rest = BUF_INIT \
	}

void box_log_reader_clear(struct box_log_reader *r);
#define cleanup_box_log_reader __attribute__((cleanup(box_log_reader_clear)))

/*
 * Opens the log of a box and passes all lines, or the last `tail`, to fn (-1: all). A box without a
 * log has none.
 */
int box_log_reader_open(const struct box *b, long tail, struct box_log_reader *ret,
			box_log_line_fn *fn, void *arg, struct err *e);

/* Where the last n lines of a text begin. */
size_t box_log_tail(const struct buf *b, long n);

/* Passes the lines added since. */
int box_log_reader_more(struct box_log_reader *r, box_log_line_fn *fn, void *arg, struct err *e);

#endif
