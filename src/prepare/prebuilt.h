/*
 * prebuilt.h - environments that somebody has prepared already, in a repository of a registry.
 *
 * [sandbox] prebuilt names it. Each environment is an image there (sandbox seal), whose tag is made of
 * what went into it: the base's digest and the recipe, without what is one machine's alone.
 */
#ifndef PREPARE_PREBUILT_H
#define PREPARE_PREBUILT_H

#include "prepare/prepare_request.h"

/* The repository of a project, or NULL. */
const char *prebuilt_repository(const struct settings *s);

/* REPOSITORY:TAG of an environment; the caller frees. NULL without a repository, or a digest of the base. */
char *prebuilt_name(const struct settings *s, const struct image_root *root,
		    const struct recipe *recipe);

/*
 * What a step's layer from there is called, given its own text: what a repository says of a recipe is only
 * for those who name it. The caller frees.
 */
char *prebuilt_text(const struct settings *s, const char *text);

/*
 * Pulls the environment, if the repository has it, and makes it the layers of all steps; texts: of the
 * steps, as of prebuilt_text(). Returns 1 then, 0 when it is not there or cannot be used, which is said.
 */
int prebuilt_fetch(const struct prepare_request *req, const struct strv *texts, struct err *e);

#endif
