/*
 * recipe.h - how a project's environment is prepared: [packages] and [run] as steps in order.
 *
 * The text of a recipe is everything that a step's result depends on, verbatim and not as a hash,
 * so that two recipes are the same only if they really are. A change of a step affects all that
 * follow. Layers are shared among projects that may distrust each other, so everything of a project
 * that a step can see is a part of the text: variables, caches, and for [run], which sees it all,
 * its directory.
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
	char *text;		       /* of the recipe up to and including this step */
	char *shared;		       /* the same, without what is specific to this machine */
	const struct manager *manager; /* NULL: a step of [run] */
	bool locked;		       /* it follows sandbox.lock */
	const char *env; /* prefix of the variables of [env] that it gets; "": none, NULL: all */
};

struct recipe {
	struct recipe_step *v;
	size_t n;
};

/* The directory of the project, read-only, while steps run. In memory: it leaves no trace. */
#define RECIPE_PROJECT "/run/project"

/*
 * The steps of a project, if it asks for any. Files of the project that a step of [run] names are a
 * part of the text. Packages that are in the lock (or NULL) are taken from there. On failure *ret
 * is untouched.
 */
int recipe_make(const struct settings *s, const struct lock_file *lock, struct recipe *ret,
		struct err *e);
void recipe_clear(struct recipe *r);
#define cleanup_recipe __attribute__((cleanup(recipe_clear)))

/* Appends what [packages] asks of a manager, each once. */
void recipe_packages(const struct settings *s, const struct manager *m, struct strv *out);

/* Does a setting of the project apply to this step? Variables and caches do. */
bool recipe_step_has(const struct recipe_step *step, const struct setting *st);

/* The text of all steps; "" if there are none. */
const char *recipe_text(const struct recipe *r);

#endif
