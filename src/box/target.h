/*
 * target.h - what the PROJECT of a command line means: one rule for every command.
 *
 *	left out	the project that the current directory is in
 *	with a slash,	that directory, where it has a sandbox.ini or a box; otherwise the project that it
 *	`.` or `..`	is in; otherwise that directory
 *	a name		the box of that name or id; else a directory of that name here, as if it were
 *			written with a slash; else a project that the current directory is in and that is
 *			called so, by its directory or by [sandbox] name
 *
 * The project that a directory is in is the nearest at or above it that has a box or a trial; where
 * there is none, the nearest that has a sandbox.ini. So a sandbox.ini that turns up below a known
 * project changes nothing until it is named. One of another user's counts in its own directory alone.
 */
#ifndef BOX_TARGET_H
#define BOX_TARGET_H

#include "box/box.h"

struct target {
	char *dir;	/* the project's directory, without links; NULL: a box without a project */
	bool has_box;	/* a box was named: */
	struct box box; /* that one */
	struct box
		found; /* the project's box or trial, when the project was found by it; or closed */
	bool above;    /* a directory was named, and its project lies above it */
	char *note;    /* what the user may not expect, or NULL */
};

#define TARGET_INIT                                 \
	{                                           \
		.box = BOX_INIT, .found = BOX_INIT, \
	}

void target_clear(struct target *t);
#define cleanup_target __attribute__((cleanup(target_clear)))

/*
 * word NULL: left out. Nothing is printed: who acts on the target says its note. damaged: a box whose
 * record is damaged can be named too. -ENOENT when there is no such thing.
 */
int target_find(const struct store *s, const char *word, bool damaged, struct target *ret,
		struct err *e);

/* Says the note of a target that is about to be acted on. */
void target_say(const struct target *t);

/* The directory of a target, which must be there; NULL for a box without a project. */
int target_folder(const struct target *t, char **ret, struct err *e);

/* The box of a target: the one that was named, else its project's. */
int target_box(const struct store *s, struct target *t, struct box *ret, struct err *e);

/* The box that word means, with its note said; word is not left out. */
int box_find(const struct store *s, const char *word, struct box *ret, struct err *e);

#endif
