/*
 * build_stage.h - one stage: its base, its triggers, its steps in order.
 */
#ifndef BUILD_ENGINE_BUILD_STAGE_H
#define BUILD_ENGINE_BUILD_STAGE_H

#include "build/engine/build.h"
#include "build/engine/build_state.h"

struct build_triggers; /* of the image that the stage is based on */

bool build_stage_makes_layer(const struct instruction *in);

/*
 * Carries out the stage. *triggers, NULL before the first attempt, are a part of the graph from now
 * on: release them after it, also on failure.
 */
int build_stage_run(struct build *b, size_t stage, struct build_state *ret,
		    struct build_triggers **triggers, struct err *e);
void build_triggers_free(struct build_triggers *t);

#endif
