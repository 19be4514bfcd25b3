/*
 * explain.h - why a box would refuse something that the kernel decides, and records nowhere.
 */
#ifndef FLOW_EXPLAIN_H
#define FLOW_EXPLAIN_H

#include <stdbool.h>

#include "box/record.h"
#include "config/settings.h"

struct explanation {
	char *what;    /* "file /x", "system call mount" */
	bool refused;  /* by the box; else it is the kernel's usual rules that decide */
	char *reason;  /* why it is, or what decides */
	char *allowed; /* the line of sandbox.ini that allows it; NULL: none does */
};

void explanation_clear(struct explanation *x);
#define cleanup_explanation __attribute__((cleanup(explanation_clear)))

/* Writing or reading a path of a running box; relative: to the directory that we are in. */
int explain_file(const struct box *b, const struct settings *s, const char *path,
		 struct explanation *ret, struct err *e);

/* A system call, by its name. */
int explain_call(const struct settings *s, const char *name, struct explanation *ret,
		 struct err *e);

#endif
