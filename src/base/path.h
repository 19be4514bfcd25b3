/*
 * path.h - paths: the one resolver beneath a root, and lexical helpers.
 *
 * Every path that an image, a box or a configuration has a say in is opened by path_open_beneath()
 * or made by path_mkdirs_beneath(): links are followed as if the root were "/", and nothing outside
 * the root is ever reached, whatever the tree holds and whoever renames in it meanwhile.
 */
#ifndef BASE_PATH_H
#define BASE_PATH_H

#include <stdbool.h>
#include <sys/types.h>

#include "base/buf.h"
#include "base/err.h"

/*
 * Opens path (absolute or relative, both beneath rootfd) with the given open(2) flags; O_CLOEXEC
 * is added. O_NOFOLLOW speaks of the last component only; path_open_nolinks() refuses links
 * everywhere. Returns 0, or -errno (the message names path).
 *
 * Uses openat2(2) with RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS (Linux 5.6); where a filter answers
 * ENOSYS or EPERM, a walk by components with O_NOFOLLOW does the same.
 */
int path_open_beneath(int rootfd, const char *path, int flags, mode_t mode, int *ret_fd,
		      struct err *e);

/* The same, and a link anywhere on the way is an error (ELOOP). */
int path_open_nolinks(int rootfd, const char *path, int flags, mode_t mode, int *ret_fd,
		      struct err *e);

/*
 * Makes the directory path beneath rootfd with all its parents (mode 0755 for those, mode for the
 * last, both less the umask) and opens it O_PATH. A component that exists must be a directory or a
 * link to one; the missing target of a link is made too, beneath the root as everything.
 */
int path_mkdirs_beneath(int rootfd, const char *path, mode_t mode, int *ret_fd, struct err *e);

/* The same, and a link anywhere on the way is an error (ELOOP). */
int path_mkdirs_nolinks(int rootfd, const char *path, mode_t mode, int *ret_fd, struct err *e);

/* For tests: never openat2(2), always the walk. */
void path_force_walk(bool force);

/* True when path is parent or lies beneath it; both absolute and normalized. */
bool path_is_beneath(const char *path, const char *parent);

/* The last component; points into path. */
const char *path_basename(const char *path);

/*
 * path made absolute against base and without ".", ".." and doubled slashes, by text alone (links
 * are not looked at). The caller frees. base is absolute.
 */
char *path_normalize(const char *base, const char *path);

/* Where what fd has open is, links followed, as of now; the caller frees. NULL and errno when that cannot be told. */
char *path_of_fd(int fd);

/* dir + "/" + name; the caller frees. */
char *path_join(const char *dir, const char *name);

#endif
