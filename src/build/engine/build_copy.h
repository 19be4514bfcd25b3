/*
 * build_copy.h - COPY and ADD: what is copied becomes a layer.
 */
#ifndef BUILD_ENGINE_BUILD_COPY_H
#define BUILD_ENGINE_BUILD_COPY_H

#include "build/engine/build.h"
#include "build/engine/build_state.h"
#include "build/steps.h"

/* Adds the layer, and the line of the history. */
int build_copy_step(struct build *b, struct build_state *s, const struct step *step,
		    const char *title, struct err *e);

#endif
