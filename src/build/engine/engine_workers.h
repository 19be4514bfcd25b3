/*
 * engine_workers.h - stages that do not need each other, built by several processes.
 */
#ifndef BUILD_ENGINE_ENGINE_WORKERS_H
#define BUILD_ENGINE_ENGINE_WORKERS_H

#include "build/engine/build.h"
#include "build/engine/build_stage.h"

struct engine_stage {
	struct build_state state; /* if it is done */
	struct build_triggers *triggers;
	bool done;
	bool built; /* by another process of this build */
};

/* A build with its stages. */
struct engine {
	struct build b; /* first: b.need() gets it */
	struct engine_stage *stages;
};

/*
 * Builds all stages that the target needs and that are not done, in the order of their needs, as
 * many at once as there are processors. The target itself, and a build of one stage after the
 * other, are left to the caller. The first error ends all others.
 */
int engine_workers_run(struct engine *en, struct err *e);

#endif
