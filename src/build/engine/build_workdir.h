/*
 * build_workdir.h - WORKDIR: a layer with the directory, if it is missing.
 */
#ifndef BUILD_ENGINE_BUILD_WORKDIR_H
#define BUILD_ENGINE_BUILD_WORKDIR_H

#include "build/engine/build.h"
#include "build/engine/build_state.h"

/* As BuildKit, the layer is made even if the directory is there; but not for "/". */
int build_workdir_step(struct build *b, struct build_state *s, const char *path, const char *title,
		       struct err *e);

#endif
