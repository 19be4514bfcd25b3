/*
 * git_names.h - what names and small files of git's mean: gitrepository-layout(5), git-check-ref-format(1).
 *
 * All of it was written by code that nobody trusts.
 */
#ifndef GRANT_GIT_NAMES_H
#define GRANT_GIT_NAMES_H

#include <stdbool.h>
#include <stddef.h>

/*
 * Is one component of a path .git to a git on some file system: in other letters, with trailing dots or
 * blanks, as a short name (NTFS), or with code points that HFS+ leaves out?
 */
bool git_is_dot_git(const char *name, size_t len);

/* May a reference have this full name (refs/heads/main)? No stranger than names that a shell prompt can show. */
bool git_is_ref_name(const char *name);

/* Is text an object's name and nothing else? 40 or 64 hexadecimal digits. */
bool git_is_hash(const char *text, size_t len);

/* Is text what HEAD or a loose reference holds: a hash, or "ref: " and a name, and a newline. */
bool git_is_ref(const char *text);

/* The same of packed-refs, line by line. */
bool git_is_packed_refs(const char *text);

#endif
