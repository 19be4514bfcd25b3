/*
 * lend.h - what of the user's desktop and identity a project asks for: the ssh agent, git's settings,
 * the display, the GPU, D-Bus, secrets. Each is off unless asked for, and a matter of consent (reach.h).
 */
#ifndef GRANT_LEND_H
#define GRANT_LEND_H

#include "base/err.h"
#include "base/mem.h"
#include "config/settings.h"
#include "grant/lending.h"

/*
 * Finds what is asked for; what the host does not have (no agent runs, say) is left out with a note.
 * A secret that does not exist is an error. home is the one inside. On failure too *ret is to be
 * released with lending_clear().
 */
int lend_find(const struct settings *s, const char *home, struct lending *ret, struct err *e);

/* The variables that lead programs there: NAME=value, set in out. */
void lend_env(const struct settings *s, struct strv *out);

#endif
