/*
 * resolved.h - moves what a step of packages installed from its layer into a lock.
 */
#ifndef PREPARE_RESOLVED_H
#define PREPARE_RESOLVED_H

#include "base/err.h"
#include "prepare/recipe.h"
#include "store/store.h"

/*
 * Reads the manager's record in an upper directory (`upper` relative to DATA) and adds it to the
 * lock, with what the settings asked for. A missing or malformed record is an error.
 */
int resolved_note(const struct store *s, const char *upper, const struct settings *settings,
		  const struct manager *m, struct lock_file *lock, struct err *e);

/* Makes the recipe again, now that the lock has more. */
int resolved_recipe(const struct settings *settings, const struct lock_file *lock,
		    struct recipe *recipe, struct err *e);

#endif
