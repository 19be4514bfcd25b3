/*
 * path.h - paths: the one resolver beneath a root, and lexical helpers.
 *
 * A path that an image, a box or a configuration can influence is opened by path_open_beneath() or
 * created by path_mkdirs_beneath(). Symlinks are followed as if the root were "/"; nothing outside
 * the root is ever reached, whatever the tree holds and whoever renames in it meanwhile.
 */
#ifndef BASE_PATH_H
#define BASE_PATH_H

#include <stdbool.h>
#include <sys/types.h>

#include "base/buf.h"
#include "base/err.h"

/*
 * Opens path (absolute or relative, both beneath rootfd) with the given open(2) flags and
 * O_CLOEXEC. O_NOFOLLOW concerns the last component only; path_open_nolinks() refuses symlinks
 * everywhere. Returns 0, or -errno (the message names path).
 *
 * Uses openat2(2) with RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS (Linux 5.6). If a filter answers
 * ENOSYS or EPERM, a walk by components with O_NOFOLLOW does the same.
 */
int path_open_beneath(int rootfd, const char *path, int flags, mode_t mode, int *ret_fd,
		      struct err *e);

/* The same, but a symlink anywhere in the path is an error (ELOOP). */
int path_open_nolinks(int rootfd, const char *path, int flags, mode_t mode, int *ret_fd,
		      struct err *e);

/*
 * Creates the directory path beneath rootfd and its parents (parents with mode 0755, the last with
 * mode, both less the umask) and opens it O_PATH. An existing component must be a directory or a
 * symlink to one; the missing target of a symlink is created too, also beneath the root.
 */
int path_mkdirs_beneath(int rootfd, const char *path, mode_t mode, int *ret_fd, struct err *e);

/* The same, but a symlink anywhere in the path is an error (ELOOP). */
int path_mkdirs_nolinks(int rootfd, const char *path, mode_t mode, int *ret_fd, struct err *e);

/* For tests: always walk, never use openat2(2). */
void path_force_walk(bool force);

/* Is path parent itself or beneath it? Both are absolute and normalized. */
bool path_is_beneath(const char *path, const char *parent);

/* The last component; points into path. */
const char *path_basename(const char *path);

/*
 * Makes path absolute against base (absolute) and removes ".", ".." and double slashes, textually:
 * symlinks are not looked at. The caller frees it.
 */
char *path_normalize(const char *base, const char *path);

/*
 * The current path of what fd has open, without symlinks. The caller frees it. NULL with errno if
 * unknown.
 */
char *path_of_fd(int fd);

/* Does it exist, and is it absolute and normalized, without symlinks? */
bool path_is_real(const char *path);

/*
 * Opens *path with O_PATH and flags, and replaces it by the real path. Returns 0 or -errno. Asks /proc
 * only if it must: the kernel makes a process's directory there when that is first used, which
 * takes as long as ten other calls.
 */
int path_open_real(char **path, int flags, int *ret_fd);

/*
 * Is it in a directory that a box has of its own: /proc, /sys, /dev? Mounts are only made on
 * /dev/shm, and in /dev/pipes, where steps of a build have their scripts.
 */
bool path_is_reserved(const char *target);

/* dir + "/" + name. The caller frees it. */
char *path_join(const char *dir, const char *name);

#endif
