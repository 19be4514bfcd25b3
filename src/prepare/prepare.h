/*
 * prepare.h - preparing a project's environment: its recipe on top of its image.
 */
#ifndef PREPARE_PREPARE_H
#define PREPARE_PREPARE_H

#include <stdbool.h>

#include "base/err.h"
#include "prepare/prepare_request.h"

/*
 * The layers of all steps, topmost first, as paths relative to DATA. Existing ones are used; from
 * the first missing one on, each step runs as box-root in a throw-away box on top of the previous
 * layers, and what it wrote becomes a layer. A step that fails is an error that names it, after its
 * last lines of output; the layers of the steps before it stay. *ret_fetched: some come from the
 * project's repository (prebuilt.h).
 */
int prepare_layers(const struct prepare_request *req, struct strv *ret_layers, bool *ret_fetched,
		   struct err *e);

#endif
