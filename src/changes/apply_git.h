/*
 * apply_git.h - which git data goes from a box to the host: commits, and nothing that git runs or
 * obeys.
 *
 *	taken		objects that the host lacks, references, HEAD, logs, the index, a merge in
 *			progress; of the repository, and of submodules and worktrees of the host
 *	left behind	hooks, config, commondir, alternates, attributes and everything else; each
 *			.git that is a file or symlink; a directory that would become a repository
 */
#ifndef CHANGES_APPLY_GIT_H
#define CHANGES_APPLY_GIT_H

#include "changes/apply_plan.h"

/* Moves steps that must not be done to what is left behind; names each once, the topmost. */
void apply_git_sort_out(struct apply_plan *p);

#endif
