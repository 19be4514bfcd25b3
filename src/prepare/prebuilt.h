/*
 * prebuilt.h - environments that somebody has already prepared, in a repository of a registry.
 *
 * [sandbox] prebuilt names it. Each environment is an image there (sandbox seal), whose tag is made
 * from its inputs: the base's digest and the recipe, without what is specific to a machine.
 */
#ifndef PREPARE_PREBUILT_H
#define PREPARE_PREBUILT_H

#include "prepare/prepare_request.h"

/* The repository of a project, or NULL. */
const char *prebuilt_repository(const struct settings *s);

/*
 * REPOSITORY:TAG of an environment; the caller frees it. NULL without a repository, or without a
 * digest of the base.
 */
char *prebuilt_name(const struct settings *s, const struct image_root *root,
		    const struct recipe *recipe);

/*
 * The text for a step's layer from there, given its own text: only projects that name the
 * repository trust its layers. The caller frees it.
 */
char *prebuilt_text(const struct settings *s, const char *text);

/*
 * Pulls the environment, if the repository has it, and makes it the layers of all steps; texts: of
 * the steps, from prebuilt_text(). Returns 1, or 0 with a note if it does not exist or cannot be
 * used.
 */
int prebuilt_fetch(const struct prepare_request *req, const struct strv *texts, struct err *e);

/*
 * REPOSITORY:TAG of the image that a dev container is built as, before the steps; the caller frees
 * it. NULL without a repository, or if it is not built. The tag is that of its local name.
 */
char *prebuilt_built_name(const struct settings *s);

/* Pulls that image, and gives it its local names. Returns 1, or 0 as prebuilt_fetch() does. */
int prebuilt_fetch_built(const struct settings *s, struct err *e);

#endif
