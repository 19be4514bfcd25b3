/*
 * lend.h - what of the user's desktop and identity a project asks for: the ssh agent, git's settings,
 * the display, the GPU, D-Bus, secrets. Each is off unless asked for, and a matter of consent (reach.h).
 */
#ifndef GRANT_LEND_H
#define GRANT_LEND_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "base/mem.h"
#include "config/settings.h"

#define LEND_DIR "/run/host" /* where what is lent stands in the box */

/* One file, directory or socket of the host. */
struct lent {
	char *source; /* absolute, links resolved */
	char *target; /* inside */
	bool read_only, device;
	bool pinned; /* of a driver: the file itself, not a copy that follows what comes by its name */
};

struct lending {
	struct lent *v;
	size_t n;
	struct strv reach; /* lines for consent */
};

/*
 * Finds what is asked for; what the host does not have (no agent runs, say) is left out with a note.
 * A secret that does not exist is an error. home is the one inside. On failure too *ret is to be
 * released with lending_clear().
 */
int lend_find(const struct settings *s, const char *home, struct lending *ret, struct err *e);
/* Adds one; false when the host has no such thing. */
bool lending_add(struct lending *l, const char *path, const char *target, bool read_only);
void lending_clear(struct lending *l);
#define cleanup_lending __attribute__((cleanup(lending_clear)))

/* The variables that lead programs there: NAME=value, set in out. */
void lend_env(const struct settings *s, struct strv *out);

/*
 * Absolute host paths of the project that [sandbox] protect names, to be read-only inside. One that
 * is missing is made empty - .envrc and config as files, anything else as a directory - so that nothing can be
 * put there; where a directory on the way is missing it is that one, and where one is no directory, that file.
 * Where there are any, the files that the settings were read from are among them, and the lock.
 */
int lend_protect(const struct settings *s, struct strv *ret_paths, struct err *e);

/* The same for one path beneath dir. */
int lend_protect_in(const char *dir, const char *word, struct strv *ret_paths, struct err *e);

#endif
