/*
 * log_view.h - printing the lines of boxes' logs.
 */
#ifndef CLI_LOG_VIEW_H
#define CLI_LOG_VIEW_H

#include <stdbool.h>
#include <stddef.h>

#include "base/json.h"
#include "box/box_log_read.h"

/* How lines are printed. */
struct log_view {
	bool timestamps, json;
	struct json *j; /* of the array; NULL: each line is a separate document */
	bool terminal;
	int width;	 /* of the names before the lines; 0: there are none */
	long long since; /* ms since 1970: older lines are left out */
	size_t n;	 /* lines so far */
};

/* A box whose log is printed. */
struct log_source {
	struct log_view *view;
	struct box box;	  /* open */
	const char *name; /* as printed before its lines */
	struct box_log_reader reader;
};

/* A box_log_line_fn; arg is a struct log_source, or one with only a view. */
void log_view_line(const struct box_log_line *line, void *arg);

/* Prints the last `tail` lines of each, or all (-1). */
int log_view_open(struct log_source *v, size_t n, long tail, struct err *e);

/*
 * Goes on until `over` says so, or our output is no longer read. over is called ten times a second;
 * after it has said so, what is left is printed.
 */
int log_view_follow(struct log_source *v, size_t n, bool (*over)(void *arg), void *arg,
		    struct err *e);

/* n of them, closed; names and boxes are the caller's to fill in. */
struct log_source *log_sources_make(size_t n, struct log_view *view);
void log_sources_clear(struct log_source *v, size_t n);

#endif
