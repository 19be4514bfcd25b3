/*
 * obeyed_look.h - one look at a project; what the halves of obeyed.h share.
 */
#ifndef GRANT_OBEYED_LOOK_H
#define GRANT_OBEYED_LOOK_H

#include <stdbool.h>
#include <sys/stat.h>
#include <time.h>

#include "base/mem.h"
#include "box/box.h"

#define OBEYED_MAX_FOUND 200
#define OBEYED_MAX_LOOKS 2000 /* at names in directories */

struct obeyed_look {
	const char *project;
	struct timespec since;
	long long walk_began;  /* clock_ms() */
	long long walk_ms;     /* may the search for repositories take */
	const struct box *box; /* NULL: not asked */
	struct strv safe;      /* protected paths: nobody inside could change them */
	bool submodules;       /* there is a .gitmodules */
	size_t looked, n_found;
	struct strv found; /* "inode change-time path", quoted */
};

void obeyed_look_clear(struct obeyed_look *l);
#define cleanup_obeyed_look __attribute__((cleanup(obeyed_look_clear)))

/* Adds name in the directory at `at` if it has changed, and returns whether it has. */
bool obeyed_file(struct obeyed_look *l, int dir, const char *at, const char *name);

/* Adds the directory itself if it has changed, and holds files that nothing was said of: it was moved there. */
void obeyed_folder(struct obeyed_look *l, int dir, const char *at, size_t unsaid);

/* why: what is behind its path, or "". */
void obeyed_add(struct obeyed_look *l, const char *path, const struct stat *st, const char *why);

/* Is there something of that name, changed since? */
bool obeyed_has_changed(const struct obeyed_look *l, int dir, const char *name, struct stat *ret);

bool obeyed_is_before(const struct timespec *a, const struct timespec *b);

/* Has the search had its time? */
bool obeyed_is_late(const struct obeyed_look *l);

#endif
