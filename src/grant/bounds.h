/*
 * bounds.h - restrictions on the code in a box. They are kept with what the project was given, so
 * that losing one of them needs consent: a project's file may be written from inside, so it cannot
 * lift a restriction by itself.
 */
#ifndef GRANT_BOUNDS_H
#define GRANT_BOUNDS_H

#include <stdbool.h>

#include "base/err.h"
#include "base/mem.h"
#include "config/settings.h"

struct mount_setting; /* config/mounts.h */

/*
 * Appends a line for each restriction: those set by files of the project, which are kept, and those
 * that the user's flags or a policy add, which count now but are not kept. home: the one in the
 * box; v: from settings_mounts().
 */
void bounds_add(const struct settings *s, struct strv *out);
void bounds_add_mounts(const struct settings *s, const char *home, const struct mount_setting *v,
		       size_t n, struct strv *out);

/* Is the project not visible as a whole? */
bool bounds_hide_project(const struct settings *s);

/*
 * Is it such a line, or one that is kept (kept.h)? These lines do not ask for anything of the host.
 */
bool bounds_is_line(const char *line);

/* Is it a kept one about a mount: a service's box has none of the project's mounts. */
bool bounds_is_of_mount(const char *line);

/* Do these lines leave a network? Do they show the project? */
bool bounds_has_no_network(const struct strv *lines);
bool bounds_has_no_project(const struct strv *lines);

/* Appends the restrictions in `before` that `now` lacks, as lines to be asked about. */
void bounds_lost(const struct settings *s, const struct strv *before, const struct strv *now,
		 struct strv *out);

/*
 * A visible part of a project that is not visible as a whole: asked about once the latter was
 * agreed to.
 */
#define BOUNDS_SHOWN "shown "

#endif
