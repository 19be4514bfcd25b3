/*
 * obeyed_look.h - one look at a project; shared by the parts of obeyed.h.
 */
#ifndef GRANT_OBEYED_LOOK_H
#define GRANT_OBEYED_LOOK_H

#include <stdbool.h>
#include <sys/stat.h>
#include <time.h>

#include "base/mem.h"
#include "box/box.h"

#define OBEYED_MAX_FOUND 200
#define OBEYED_MAX_LOOKS 2000 /* limit of names looked up in directories */

struct obeyed_look {
	const char *project;
	struct timespec since;
	long long walk_began;  /* clock_ms() */
	long long walk_ms;     /* limit for the search for repositories */
	const struct box *box; /* NULL: unknown */
	struct strv safe;      /* protected paths: nobody inside could change them */
	bool submodules;       /* there is a .gitmodules */
	size_t looked, n_found;
	struct strv found; /* "inode change-time path", quoted */
};

void obeyed_look_clear(struct obeyed_look *l);
#define cleanup_obeyed_look __attribute__((cleanup(obeyed_look_clear)))

/* Adds name in the directory at `at` if it has changed; returns whether it has. */
bool obeyed_file(struct obeyed_look *l, int dir, const char *at, const char *name);

/*
 * Adds the directory itself if it has changed and holds files that were not reported: it was moved
 * there.
 */
void obeyed_folder(struct obeyed_look *l, int dir, const char *at, size_t unsaid);

/* why: what its path leads to, or "". */
void obeyed_add(struct obeyed_look *l, const char *path, const struct stat *st, const char *why);

/* Does the name exist, changed since? */
bool obeyed_has_changed(const struct obeyed_look *l, int dir, const char *name, struct stat *ret);

/* Has the search used up its time? */
bool obeyed_is_late(const struct obeyed_look *l);

#endif
