/*
 * engine.h - builds: the stages of a graph are carried out, and the target becomes an image.
 *
 * Each step that writes files makes a layer, which is found again by what made it: the layers
 * below, the command, and all that the command was given. What a killed build has finished is
 * found by the next one.
 */
#ifndef BUILD_ENGINE_ENGINE_H
#define BUILD_ENGINE_ENGINE_H

#include "build/engine/build_request.h"

/*
 * Carries out the target's stage and those that it needs. On failure what was finished stays for
 * the next build, and no name is set.
 */
int engine_run(const struct build_request *req, struct build_result *ret, struct err *e);

#endif
