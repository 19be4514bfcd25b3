/*
 * protect.h - what of a project is read-only inside: [sandbox] protect, and what binds the box.
 */
#ifndef GRANT_PROTECT_H
#define GRANT_PROTECT_H

#include "base/err.h"
#include "base/mem.h"
#include "config/settings.h"

/*
 * Absolute host paths of the project that [sandbox] protect names, to be read-only inside. One that
 * is missing is made empty - .envrc and config as files, anything else as a directory - so that nothing can be
 * put there; where a directory on the way is missing it is that one, and where one is no directory, that file.
 * Where there are any, the files that the settings were read from are among them, and the lock.
 */
int protect_find(const struct settings *s, struct strv *ret_paths, struct err *e);

/* The same for one path beneath dir. */
int protect_in(const char *dir, const char *word, struct strv *ret_paths, struct err *e);

#endif
