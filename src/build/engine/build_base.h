/*
 * build_base.h - the image of FROM.
 */
#ifndef BUILD_ENGINE_BUILD_BASE_H
#define BUILD_ENGINE_BUILD_BASE_H

#include "build/engine/build.h"
#include "build/engine/build_state.h"

/*
 * An image of the store by its digest, or by its name, pulled if it is missing or if --pull was given; platform NULL:
 * the target's. *ret_onbuild are its triggers.
 */
int build_base_image(const struct build *b, const char *name, const char *platform,
		     struct build_state *ret, struct strv *ret_onbuild, struct err *e);

#endif
