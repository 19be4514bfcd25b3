/*
 * checkout.h - the files of a project that git on the host obeys: more than its own .git.
 *
 * git status enters each repository that the index names (a submodule, an embedded one) and follows
 * the settings there. Which directory belongs to a repository is decided by files that code in the
 * box can replace.
 */
#ifndef GRANT_CHECKOUT_H
#define GRANT_CHECKOUT_H

#include "base/err.h"
#include "base/mem.h"

/* A project with more repositories than this is refused if they must be protected. */
#define CHECKOUT_MAX_SUBMODULES 400

/*
 * Appends what must be read-only besides .git itself, as protect_find() does: git data in the
 * project that .git leads to; the .git of each repository that an index names, checked out or not,
 * with what it leads to; linked worktrees in the project; hooks and settings in the project that
 * git's settings, the user's own too, or symlinks name. project: absolute, without symlinks.
 */
int checkout_protect(const char *project, struct strv *paths, struct err *e);

/*
 * Appends the hooks and settings of the project, existing or not, that git's settings or symlinks
 * in its data name.
 */
void checkout_named(const char *project, struct strv *paths);

#endif
