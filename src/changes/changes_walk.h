/*
 * changes_walk.h - one tree of a box against what lies beneath it; for changes.c.
 */
#ifndef CHANGES_CHANGES_WALK_H
#define CHANGES_CHANGES_WALK_H

#include "base/proc.h"
#include "changes/changes.h"

struct changes_walk {
	struct changes *out;
	const struct change_tree *tree;
	const struct user *user; /* as the box knows them */
	const char *home;
	const struct strv *mounts; /* what was mounted upon, as err_quote() has it */
};

/* Appends the changes of one tree, in no order that matters. */
int changes_walk(const struct changes_walk *w, struct err *e);

#endif
