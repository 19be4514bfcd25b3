/*
 * target.h - what the PROJECT of a command line means: one rule for every command.
 *
 *	left out	the project that the current directory is in
 *	with a slash,	that directory, if it has a project file or a box; otherwise the project
 *	`.` or `..`	that it is in; otherwise that directory
 *	a name		a service, once started, of a project that the current directory is in;
 *			else the box with that name or id; else a directory of that name here, as if
 *			written with a slash; else a project that the current directory is in and
 *			that has that name, by its directory or by [sandbox] name
 *
 * The project that a directory is in is the nearest at or above it that has a box or a trial; if
 * there is none, the nearest that has a project file: sandbox.ini, or a devcontainer.json. So one
 * that appears below a known project changes nothing until it is named. Another user's counts only
 * in its own directory.
 */
#ifndef BOX_TARGET_H
#define BOX_TARGET_H

#include "box/box.h"

struct target {
	char *dir;	/* the project's directory, without symlinks; NULL: there is none */
	bool has_box;	/* a box was named: */
	struct box box; /* this one */
	struct box
		found; /* the project's box or trial, if the project was found by it; else closed */
	bool above;    /* a directory was named, and its project is above it */
	char *note;    /* what the user may not expect, or NULL */
};

#define TARGET_INIT                                 \
	{                                           \
		.box = BOX_INIT, .found = BOX_INIT, \
	}

void target_clear(struct target *t);
#define cleanup_target __attribute__((cleanup(target_clear)))

/*
 * word NULL: left out. Prints nothing: the caller prints the note when it acts on the target.
 * damaged: also find boxes with a damaged record. -ENOENT if there is no such thing.
 */
int target_find(const struct store *s, const char *word, bool damaged, struct target *ret,
		struct err *e);

/* As target_find(), without damaged boxes, and reports the note of what was found. */
int target_resolve(const struct store *s, const char *word, struct target *ret, struct err *e);

/* Reports the note of a target that is about to be acted on. */
void target_say(const struct target *t);

/* Does a file make the directory a project: sandbox.ini, or a devcontainer.json? */
bool target_has_file(const char *dir);

/* The directory of a target, which must exist; NULL for a box without a project. */
int target_folder(const struct target *t, char **ret, struct err *e);

/* The box of a target: the named one, else its project's. */
int target_box(const struct store *s, struct target *t, struct box *ret, struct err *e);

/* The box that word means; reports its note. word is not NULL. */
int box_find(const struct store *s, const char *word, struct box *ret, struct err *e);

#endif
