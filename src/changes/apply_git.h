/*
 * apply_git.h - what of git's data goes from a box to the host: commits, and nothing that git runs or obeys.
 *
 *	taken		objects that the host has not, references, HEAD, logs, the index, a merge that is not
 *			committed yet; of the repository, and of submodules and worktrees that the host has
 *	left behind	hooks, config, commondir, alternates, attributes and all else; each .git that is a file or a
 *			symlink; a directory that git would take for a repository and that was none on the host
 */
#ifndef CHANGES_APPLY_GIT_H
#define CHANGES_APPLY_GIT_H

#include "changes/apply_plan.h"

/* Moves steps that are not to be done to what is left behind; names each once, the topmost. */
void apply_git_sort_out(struct apply_plan *p);

#endif
