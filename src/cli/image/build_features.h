/*
 * build_features.h - a build whose image gets the features of a devcontainer.json, and its label.
 */
#ifndef CLI_IMAGE_BUILD_FEATURES_H
#define CLI_IMAGE_BUILD_FEATURES_H

#include "build/engine/engine.h"
#include "image/devcontainer/features_wanted.h"
#include "image/feature/feature_gather.h"

/*
 * The features in the order of installation, fetched if they are not here; see feature_gather().
 * inside: what those of a project must be in, or NULL.
 */
int build_features_gather(const struct image_store *store, const struct image_conf *conf,
			  const char *inside, const struct features_wanted *wanted,
			  const char *file, struct feature_set *ret, struct err *e);

/*
 * Builds the image of req, and then another one on top of it, with the names of req. file: the
 * devcontainer.json.
 */
int build_features_run(const struct build_request *req, const struct features_wanted *wanted,
		       const char *file, struct build_result *ret, struct err *e);

#endif
