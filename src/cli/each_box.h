/*
 * each_box.h - doing one thing to every box that is named.
 */
#ifndef CLI_EACH_BOX_H
#define CLI_EACH_BOX_H

#include "box/box.h"
#include "cli/options.h"

/* What is done to each. */
struct each_box {
	int (*act)(const struct store *s, struct box *b, const void *options, struct err *e);
	bool exact; /* a folder in a project is not taken for the project: too much would be lost */
};

/*
 * Acts on each word of the command line. One that fails does not keep the others from their turn: its
 * error is printed as a warning, and the last one is the result.
 */
int each_box(const struct args *args, const struct each_box *each, struct err *e);

#endif
