/*
 * each_box.h - doing one thing to every named box.
 */
#ifndef CLI_EACH_BOX_H
#define CLI_EACH_BOX_H

#include "box/lifecycle.h"
#include "cli/options.h"

/* What to do with each. */
struct each_box {
	int (*act)(const struct store *s, struct box *b, const void *options, struct err *e);
	/* Called before doing it to all; nonzero: do not. Or NULL. */
	int (*confirm)(const struct box_list *all, const void *options, struct err *e);
	const char *usage; /* error if no words are given */
	bool exact;	   /* a directory in a project does not stand for the project: too risky */
};

/*
 * Acts on each word of the command line; at least one is required. A failure does not stop the
 * others: its error is printed as a warning, and the last one is the result.
 */
int each_box(const struct args *args, const struct each_box *each, struct err *e);

/* Acts on all boxes in the same way; a word is an error. A box that disappears meanwhile is not. */
int each_of_all(const struct args *args, const struct each_box *each, struct err *e);

#endif
