/*
 * explain.h - why a box refuses something that the kernel decides, and records nowhere.
 */
#ifndef FLOW_EXPLAIN_H
#define FLOW_EXPLAIN_H

#include <stdbool.h>

#include "box/record.h"
#include "config/settings.h"
#include "launch/watch_record.h"

struct explanation {
	char *what;    /* "file /x", "system call mount" */
	bool refused;  /* by the box; else it is the kernel's usual rules that decide */
	char *reason;  /* why it is, or what decides */
	char *allowed; /* the line of sandbox.ini that allows it; NULL: none does */
	/* Of what has happened: milliseconds of CLOCK_REALTIME of the last, and how often. Else 0. */
	int64_t time;
	uint32_t count;
};

void explanation_clear(struct explanation *x);
#define cleanup_explanation __attribute__((cleanup(explanation_clear)))

/* Writing or reading a path of a running box; relative: to the directory that we are in. */
int explain_file(const struct box *b, const struct settings *s, const char *path,
		 struct explanation *ret, struct err *e);

/* A system call, by its name. */
int explain_call(const struct settings *s, const char *name, struct explanation *ret,
		 struct err *e);

/* What a watched session was refused. */
int explain_watched(const struct settings *s, const struct watched *w, struct explanation *ret,
		    struct err *e);

/* The last record of a box's sessions is kept with it. 0 or an error; an empty one: there is none. */
int explain_keep(const struct box *b, const struct watch_record *record, struct err *e);
void explain_kept(const struct box *b, struct watch_record *ret);

#endif
