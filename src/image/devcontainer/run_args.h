/*
 * run_args.h - runArgs: options of docker-run(1), as far as they mean something for a box.
 */
#ifndef IMAGE_DEVCONTAINER_RUN_ARGS_H
#define IMAGE_DEVCONTAINER_RUN_ARGS_H

#include "image/devcontainer/layers.h"

/*
 * What they say in the words of a devcontainer.json (containerEnv, mounts, appPort, containerUser);
 * the rest are settings, or notes. The caller releases the object.
 */
json_t *run_args_read(struct merging *m, const struct layer_json *file);

#endif
