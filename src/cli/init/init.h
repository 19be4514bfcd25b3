/*
 * init.h - writing the sandbox.ini of a directory, for `init` and for `enter` where there is none.
 */
#ifndef CLI_INIT_INIT_H
#define CLI_INIT_INIT_H

#include <stdbool.h>

#include "base/err.h"

struct init_options {
	bool yes;	   /* ask nothing */
	bool force;	   /* replace a file that is there */
	const char *image; /* to be suggested; NULL: what other files name, else host */
};

int init_folder(const char *where, const struct init_options *o, struct err *e);

/*
 * On a terminal, for a project (as the command line names it, or NULL) that has neither a sandbox.ini nor
 * a box: asks whether to write one, and does so. Nothing else is an error than a file that cannot be
 * written.
 */
int init_offer(const char *project, struct err *e);

#endif
