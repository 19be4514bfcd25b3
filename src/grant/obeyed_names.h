/*
 * obeyed_names.h - the names of files that programs of the host run or obey later by themselves.
 *
 * `sandbox diff` marks them wherever they are; a session reports those of the project that have
 * changed (obeyed.h).
 */
#ifndef GRANT_OBEYED_NAMES_H
#define GRANT_OBEYED_NAMES_H

#include <stdbool.h>

/* Is an absolute path one of them, or in such a directory, in any home, project or repository? */
bool obeyed_is_path(const char *path);

/* Is it the name of one, or of a directory of them, in a project? Excludes .git: obeyed_git.h. */
bool obeyed_is_name(const char *name);

/* In git's data: files that name other places or programs, NULL-terminated; and the hooks. */
extern const char *const obeyed_git_files[];
#define OBEYED_GIT_HOOKS "hooks"

#endif
