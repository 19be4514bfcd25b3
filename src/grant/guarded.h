/*
 * guarded.h - whether what a box was started to protect still is.
 *
 * A protection is a mount in the box. Where the host renames another file over what it lies upon, or moves
 * that away, the kernel takes the mount off: the new file is unprotected. So a start notes which ones they were.
 */
#ifndef GRANT_GUARDED_H
#define GRANT_GUARDED_H

#include <stdbool.h>

#include "base/buf.h"
#include "base/mem.h"

/* A note for each place of git's data from elsewhere, which the host has at the same path; err_quote(). */
#define GIT_NOTE "git-data "

/* The note of which directory .git was, for obeyed.h; stat(2) has it. */
#define GUARDED_GIT "dot-git "
struct stat;
void guarded_note_git(const struct stat *st, struct buf *out);
bool guarded_is_other(const char *notes, const char *note, const struct stat *st);

/* Appends a line of notes for each path that is protected. */
void guarded_note(const struct strv *paths, struct buf *out);

/* The first path of the notes of a start that is another file by now; NULL: none is. The caller frees. */
char *guarded_lost(const char *notes);

#endif
