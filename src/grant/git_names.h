/*
 * git_names.h - checks of git's names and small files: gitrepository-layout(5),
 * git-check-ref-format(1).
 *
 * All of it was written by untrusted code.
 */
#ifndef GRANT_GIT_NAMES_H
#define GRANT_GIT_NAMES_H

#include <stdbool.h>
#include <stddef.h>

/*
 * Could git take this path component for .git on some file system: other case, trailing dots or
 * blanks, a short name (NTFS), or code points that HFS+ ignores?
 */
bool git_is_dot_git(const char *name, size_t len);

/*
 * Is it a valid full name of a reference (refs/heads/main)? Stricter than git: only names that a
 * shell prompt can show.
 */
bool git_is_ref_name(const char *name);

/* Is text exactly an object name: 40 or 64 hexadecimal digits? */
bool git_is_hash(const char *text, size_t len);

/*
 * Is text valid content of HEAD or a loose reference: a hash, or "ref: " and a name, and a newline?
 */
bool git_is_ref(const char *text);

/* Is text valid content of packed-refs? */
bool git_is_packed_refs(const char *text);

#endif
