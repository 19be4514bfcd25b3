/*
 * build_run.h - RUN: a command in a throw-away box, whose changes become a layer.
 */
#ifndef BUILD_ENGINE_BUILD_RUN_H
#define BUILD_ENGINE_BUILD_RUN_H

#include "build/engine/build.h"
#include "build/engine/build_state.h"
#include "build/steps.h"

/* Adds the layer, and the line of the history. title: of the step, for progress. */
int build_run_step(struct build *b, struct build_state *s, const struct step *step,
		   const char *title, struct err *e);

#endif
