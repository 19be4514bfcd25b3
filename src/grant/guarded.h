/*
 * guarded.h - checking that what a box was started to protect still is protected.
 *
 * A protection is a mount in the box. If the host renames another file over its mount point, or
 * moves that away, the kernel detaches the mount: the new file is unprotected. So a start notes
 * which files they were.
 */
#ifndef GRANT_GUARDED_H
#define GRANT_GUARDED_H

#include <stdbool.h>

#include "base/buf.h"
#include "base/mem.h"

/*
 * A note for each path of git data from outside the project, which has the same path on the host;
 * err_quote().
 */
#define GIT_NOTE "git-data "

/* A note that identifies the .git directory (stat(2)), for obeyed.h. */
#define GUARDED_GIT "dot-git "
struct stat;
void guarded_note_git(const struct stat *st, struct buf *out);
bool guarded_is_other(const char *notes, const char *note, const struct stat *st);

/* Appends a note for each protected path. */
void guarded_note(const struct strv *paths, struct buf *out);

/*
 * The first path in the notes of a start that is another file now; NULL: none is. The caller frees
 * it.
 */
char *guarded_lost(const char *notes);

#endif
