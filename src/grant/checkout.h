/*
 * checkout.h - what makes git on the host obey files of a project: not its own .git alone.
 *
 * git status goes into each repository that the index names (a submodule, an embedded one) and does what the
 * settings there say. Which directory is a repository's is said by files that code in the box can replace.
 */
#ifndef GRANT_CHECKOUT_H
#define GRANT_CHECKOUT_H

#include "base/err.h"
#include "base/mem.h"

/* More repositories in one project than this are refused where they are to be protected. */
#define CHECKOUT_MAX_SUBMODULES 400

/*
 * Appends what is to be read-only beside .git itself, as protect_find() does: the git data that .git leads
 * to where it lies in the project, and the .git of each repository that an index names, checked out or not,
 * with what that leads to; linked worktrees in the project; hooks and settings that git's settings, the user's
 * own too, name there, or that symlinks lead to. project: absolute, without links.
 */
int checkout_protect(const char *project, struct strv *ret_paths, struct err *e);

/* Appends the hooks and settings of the project, there or not, that git's settings or symlinks in its data name. */
void checkout_named(const char *project, struct strv *ret_paths);

#endif
