/*
 * drift.h - what a box runs with against what its project asks for by now.
 */
#ifndef FLOW_DRIFT_H
#define FLOW_DRIFT_H

#include "base/err.h"
#include "box/box.h"
#include "config/lock_file.h"
#include "config/settings.h"

/* Appends the settings that act at a start alone, a line each, for box_record_start(). */
void drift_notes(const struct settings *s, struct buf *out);

/*
 * lock: what the project follows, or NULL. An image that a flag asks for and that the box was not made from is an error; one that a file
 * asks for is said.
 */
int drift_check_image(const struct store *st, const struct box *b, const struct settings *s,
		      const struct lock_file *lock, struct err *e);

/* Packages or steps that are not those the box was made from are said. */
int drift_check_recipe(const struct box *b, const struct settings *s, const struct lock_file *lock,
		       struct err *e);

/*
 * For a box that runs: what a flag asks for and what it does not run with is an error, and so is what
 * files close or protect by now, so that nobody believes in a protection that is not there. What else files
 * ask for, mounts among it, is said, with `say`; what of it sessions would be given of the host is taken out
 * of the settings, as nobody has agreed to it.
 */
int drift_check_running(const struct box *b, struct settings *s, bool say, struct err *e);

/* Before a session joins a box that runs: is its project the directory that is there? */
int drift_check_folder(const struct box *b, struct err *e);

#endif
