/*
 * protect.h - the read-only parts of a project inside: [sandbox] protect, and the files that
 * restrict the box.
 */
#ifndef GRANT_PROTECT_H
#define GRANT_PROTECT_H

#include "base/err.h"
#include "base/mem.h"
#include "config/settings.h"

/*
 * Absolute host paths of the project that [sandbox] protect names. A missing one is made empty -
 * .envrc and config as files, anything else as a directory - so that nothing can be put there. If a
 * directory on the way is missing, that is made and protected instead; if one is not a directory,
 * that file is protected. If there are any, they include the files that the settings were read
 * from, and the lock.
 */
int protect_find(const struct settings *s, struct strv *paths, struct err *e);

/* The same for one path beneath dir. */
int protect_in(const char *dir, const char *word, struct strv *ret_paths, struct err *e);

#endif
