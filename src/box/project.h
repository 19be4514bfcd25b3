/*
 * project.h - from the PROJECT of a command line to a directory.
 */
#ifndef BOX_PROJECT_H
#define BOX_PROJECT_H

#include "base/err.h"
#include "store/store.h"

/*
 * The directory of the project that word means (target.h), its note said. *ret is absolute and without
 * links, or NULL for a box that has no project; the caller frees.
 */
int project_folder(const struct store *s, const char *word, char **ret, struct err *e);

/*
 * Opens the store and finds the project of a command that needs one, whole: its directory is there and may be
 * one. The caller frees *ret.
 */
int project_open(struct store *s, const char *word, char **ret, struct err *e);

/* Refuses a directory that would hand the whole home, or all boxes, to one. */
int project_check(const struct store *s, const char *dir, struct err *e);

#endif
