/*
 * init.h - writing the sandbox.ini of a directory, for `init`, and for `enter` if there is none.
 */
#ifndef CLI_INIT_INIT_H
#define CLI_INIT_INIT_H

#include <stdbool.h>

#include "base/err.h"

struct init_options {
	bool yes;	   /* ask nothing */
	bool force;	   /* replace an existing file */
	const char *image; /* to suggest; NULL: the one that other files name, else host */
};

int init_folder(const char *where, const struct init_options *o, struct err *e);

/*
 * On a terminal, if the project (as on the command line, or NULL) has neither a sandbox.ini nor a
 * box, offers to write one. The only error is a file that cannot be written.
 */
int init_offer(const char *project, struct err *e);

#endif
