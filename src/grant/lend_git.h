/*
 * lend_git.h - `git = yes`: the user's identity for git, for lend.c.
 */
#ifndef GRANT_LEND_GIT_H
#define GRANT_LEND_GIT_H

#include "base/err.h"
#include "config/settings.h"
#include "grant/lending.h"

/*
 * Lends, read-only, the user's git configuration with everything that it includes or names, at the
 * paths where git looks for it; home is the one inside. Says, once, what of it cannot work in a
 * box.
 */
int lend_git(const struct settings *s, const char *home, struct lending *l, struct err *e);

#endif
