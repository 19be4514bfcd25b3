/*
 * each_box.h - doing one thing to every box that is named.
 */
#ifndef CLI_EACH_BOX_H
#define CLI_EACH_BOX_H

#include "box/lifecycle.h"
#include "cli/options.h"

/* What is done to each. */
struct each_box {
	int (*act)(const struct store *s, struct box *b, const void *options, struct err *e);
	/* Before it is done to all of them; not 0: it is not done. Or NULL. */
	int (*confirm)(const struct box_list *all, const void *options, struct err *e);
	const char *usage; /* for words that are missing */
	bool exact; /* a directory in a project is not taken for the project: too much would be lost */
};

/*
 * Acts on each word of the command line; there is one at least. One that fails does not keep the others
 * from their turn: its error is printed as a warning, and the last one is the result.
 */
int each_box(const struct args *args, const struct each_box *each, struct err *e);

/* Acts on all boxes in the same way; a word is an error. A box that goes meanwhile is not one. */
int each_of_all(const struct args *args, const struct each_box *each, struct err *e);

#endif
