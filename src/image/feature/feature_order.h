/*
 * feature_order.h - in which order features are installed.
 *
 * The algorithm is that of the specification (containers.dev, "Dev Container Features", "Dependency
 * installation order"): rounds of all features whose dependsOn and installsAfter are installed; of a
 * round only those that overrideFeatureInstallOrder puts first; the same round always has the same
 * order.
 */
#ifndef IMAGE_FEATURE_FEATURE_ORDER_H
#define IMAGE_FEATURE_FEATURE_ORDER_H

#include "image/feature/feature.h"

/*
 * Sorts the list. override: ids, first to last; folder: of devcontainer.json. ERR_USAGE names the
 * features of a circle.
 */
int feature_order(struct feature_list *l, const struct strv *override, const char *folder,
		  struct err *e);

#endif
