/*
 * reach_line.h - the lines of what a project is given of the host, and who is asked about them; reach.h has the
 * rules.
 */
#ifndef GRANT_REACH_LINE_H
#define GRANT_REACH_LINE_H

#include <stdbool.h>

#include "base/err.h"
#include "base/mem.h"

/* Appends a line, quoted: whatever a path holds, it stays one line of what is kept. */
void reach_add_line(const char *line, struct strv *out);

/* Appends one mount of a host directory that is no part of the project, or of a cache that projects share. */
void reach_add_mount(const char *source, const char *target, bool read_only, struct strv *out);

/*
 * Who is asked for consent: 0, or an error. lines: what is asked for beyond what was given; first:
 * nothing was given yet.
 */
struct reach_asker {
	int (*ask)(const char *project, const struct strv *lines, bool first, void *arg,
		   struct err *e);
	void *arg;
	bool accepts; /* whatever it is asked for */
	bool asks;    /* there is somebody to answer */
};

#endif
