/*
 * recipe.h - what a project's environment is prepared from: [packages] and [run] as steps in order.
 *
 * The text of a recipe is all that a step's result depends on, word for word: no hash stands for it,
 * so that two recipes are the same only when they are. A step that changed takes those behind it along.
 * Layers are shared among projects that may mean each other harm: whatever of a project reaches a
 * step is a part of the text - variables, caches, and for [run], which sees all of it, its directory.
 */
#ifndef PREPARE_RECIPE_H
#define PREPARE_RECIPE_H

#include <stdbool.h>

#include "base/err.h"
#include "base/mem.h"
#include "config/lock_file.h"
#include "config/settings.h"
#include "prepare/managers.h"

struct recipe_step {
	char *title;		       /* "apt: cmake gcc", "run 1: ./setup.sh" */
	struct strv argv;	       /* for a session as box-root */
	char *text;		       /* of the recipe up to and with this step */
	char *shared;		       /* the same, without what is this machine's alone */
	const struct manager *manager; /* NULL: a step of [run] */
	bool locked;		       /* it follows sandbox.lock */
	const char *
		env; /* what variables begin with that it has of [env]; "": it has none, NULL: all */
};

struct recipe {
	struct recipe_step *v;
	size_t n;
};

/* The directory of the project, read-only, while steps run. In memory: no trace of it stays. */
#define RECIPE_PROJECT "/run/project"

/*
 * The steps of a project, none when it asks for nothing. Files of the project that a step of [run]
 * names are a part of the text. Packages that the lock (or NULL) has are taken from there. On
 * failure *ret is untouched.
 */
int recipe_make(const struct settings *s, const struct lock_file *lock, struct recipe *ret,
		struct err *e);
void recipe_clear(struct recipe *r);
#define cleanup_recipe __attribute__((cleanup(recipe_clear)))

/* Appends what [packages] asks a manager for, each once. */
void recipe_packages(const struct settings *s, const struct manager *m, struct strv *out);

/* Is a setting of the project for this step: variables, and caches? */
bool recipe_step_has(const struct recipe_step *step, const struct setting *st);

/* The text of all steps; "" when there are none. */
const char *recipe_text(const struct recipe *r);

#endif
