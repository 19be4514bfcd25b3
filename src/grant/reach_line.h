/*
 * reach_line.h - the lines of what a project is given of the host, and who is asked about them;
 * reach.h has the rules.
 */
#ifndef GRANT_REACH_LINE_H
#define GRANT_REACH_LINE_H

#include <stdbool.h>

#include "base/err.h"
#include "base/mem.h"

/* Appends a line, quoted: whatever a path contains, it stays one line. */
void reach_add_line(const char *line, struct strv *out);

/* Appends a mount of a host directory outside the project, or of a shared cache. */
void reach_add_mount(const char *source, const char *target, bool read_only, struct strv *out);

/* What a devcontainer.json may ask for: a command on this machine, the value of a variable. */
#define REACH_COMMAND  "initializeCommand, run on this machine: "
#define REACH_SCRIPT   "initializeCommand, a script that it runs: "
#define REACH_VARIABLE "variable of yours: "

/*
 * Asks for consent: 0, or an error. lines: what is asked for beyond what was given; first: nothing
 * was given yet.
 */
struct reach_asker {
	int (*ask)(const char *project, const struct strv *lines, bool first, void *arg,
		   struct err *e);
	void *arg;
	bool accepts; /* agrees to everything */
	bool asks;    /* there is somebody to answer */
};

#endif
