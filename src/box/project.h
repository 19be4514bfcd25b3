/*
 * project.h - from the PROJECT of a command line to a directory.
 */
#ifndef BOX_PROJECT_H
#define BOX_PROJECT_H

#include "base/err.h"
#include "store/store.h"

/*
 * The directory of the project that word means (target.h); prints its note. *ret is absolute and
 * without symlinks, or NULL for a box without a project; the caller frees it.
 */
int project_folder(const struct store *s, const char *word, char **ret, struct err *e);

/*
 * Opens the store and finds the project of a command that needs one: its directory exists and may
 * be a project. The caller frees *ret.
 */
int project_open(struct store *s, const char *word, char **ret, struct err *e);

/* Refuses a directory that would give a box the whole home, or all boxes. */
int project_check(const struct store *s, const char *dir, struct err *e);

#endif
