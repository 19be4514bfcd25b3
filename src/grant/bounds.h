/*
 * bounds.h - what keeps code in a box from something: kept with what the project was given, so that losing
 * any of it is asked about. A project's file may be written from inside, and what it says is not believed
 * where it says less than before.
 */
#ifndef GRANT_BOUNDS_H
#define GRANT_BOUNDS_H

#include <stdbool.h>

#include "base/err.h"
#include "base/mem.h"
#include "config/settings.h"

struct mount_setting; /* config/mounts.h */

/*
 * Appends a line for each thing that binds: those that files of the project set, which are kept, and
 * those that the user's flags or a policy add, which hold and are not. home: the
 * one in the box; v: as settings_mounts() has them.
 */
void bounds_add(const struct settings *s, struct strv *out);
void bounds_add_mounts(const struct settings *s, const char *home, const struct mount_setting *v,
		       size_t n, struct strv *out);

/* Is the project not shown as a whole? */
bool bounds_hide_project(const struct settings *s);

/* Is the line one of them, or one that is kept (kept.h)? None of them is a thing of the host that is asked for. */
bool bounds_is_line(const char *line);

/* Is there a network, is the project shown, as far as these lines bind it? */
bool bounds_has_no_network(const struct strv *lines);
bool bounds_has_no_project(const struct strv *lines);

/* Appends what is bound by `before` and not any more by `now`, as lines to be asked about. */
void bounds_lost(const struct settings *s, const struct strv *before, const struct strv *now,
		 struct strv *out);

/* A part of a project that is not shown as a whole: asked about once that has been agreed on. */
#define BOUNDS_SHOWN "shown "

#endif
