/*
 * feature_steps.h - the installation of features as a Dockerfile: a step, and so a layer, for each.
 */
#ifndef IMAGE_FEATURE_FEATURE_STEPS_H
#define IMAGE_FEATURE_FEATURE_STEPS_H

#include <jansson.h>

#include "base/buf.h"
#include "image/feature/feature.h"

/* Names of contexts: the image below, and "feature-0" and so on, the files of each. */
#define FEATURE_BASE	"dev-container-base"
#define FEATURE_CONTEXT "feature-"

/* The image that they are installed in. */
struct feature_image {
	const char *user; /* USER, or "" */
	const char *remote_user, *container_user;
	const char *label; /* devcontainer.metadata, or NULL */
	json_t *metadata;  /* the last entry of its own label, that of devcontainer.json */
};

/*
 * Appends the text. The Nth RUN installs the Nth feature, and is preceded by its ENV. Notes options
 * that a feature does not have.
 */
void feature_steps(const struct feature_list *l, const struct feature_image *image,
		   struct buf *out);

#endif
