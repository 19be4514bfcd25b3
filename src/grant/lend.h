/*
 * lend.h - what a project asks for of the user's desktop and identity: the ssh agent, git's
 * settings, the display, the GPU, D-Bus, secrets. Each is off unless asked for, and needs consent
 * (reach.h).
 */
#ifndef GRANT_LEND_H
#define GRANT_LEND_H

#include "base/err.h"
#include "base/mem.h"
#include "config/settings.h"
#include "grant/lending.h"

/*
 * Finds what is asked for. What the host does not have (no agent runs, say) is left out with a
 * note, in l->notes; a secret that does not exist is an error. home is the one inside; host: the image is `host`,
 * which has this machine's libraries. Release *l with lending_clear() on failure too.
 */
int lend_find(const struct settings *s, const char *home, bool host, struct lending *l,
	      struct err *e);

/*
 * Sets in out, as NAME=value, the variables that tell programs where it is. own: the variables that
 * the box has already; lists of directories among them get longer.
 */
void lend_env(const struct settings *s, bool host, const struct strv *own, struct strv *out);

#endif
