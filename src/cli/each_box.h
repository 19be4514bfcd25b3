/*
 * each_box.h - doing one thing to every box that is named.
 */
#ifndef CLI_EACH_BOX_H
#define CLI_EACH_BOX_H

#include "box/box.h"
#include "cli/options.h"

/*
 * Calls act() for each word of the command line. One that fails does not keep the others from
 * their turn: its error is printed as a warning, and the last one is the result.
 */
int each_box(const struct args *args,
	     int (*act)(const struct store *s, struct box *b, const void *options, struct err *e),
	     struct err *e);

#endif
