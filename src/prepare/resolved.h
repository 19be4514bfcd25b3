/*
 * resolved.h - what a step of packages came to, from its layer into a lock.
 */
#ifndef PREPARE_RESOLVED_H
#define PREPARE_RESOLVED_H

#include "base/err.h"
#include "prepare/recipe.h"
#include "store/store.h"

/*
 * Reads what the manager noted in an upper directory (at `upper` beneath DATA) and makes it the lock's,
 * with what the settings ask it for. Nothing noted, or no words, is an error.
 */
int resolved_note(const struct store *s, const char *upper, const struct settings *settings,
		  const struct manager *m, struct lock_file *lock, struct err *e);

/* Makes the recipe again, now that the lock has more. */
int resolved_recipe(const struct settings *settings, const struct lock_file *lock,
		    struct recipe *recipe, struct err *e);

#endif
