/*
 * plan_make.h - from an image's config to the plan that the launcher reads.
 */
#ifndef IMAGE_DOCUMENT_PLAN_MAKE_H
#define IMAGE_DOCUMENT_PLAN_MAKE_H

#include "image/document/image_config.h"
#include "image/document/manifest.h"
#include "image/store/store.h"

/*
 * layers: as of layer_find(), top first. USER is looked up in the image's own passwd and group, by
 * our own reader, beneath the layers: never by the host's.
 */
int plan_make(const struct image_store *s, const struct digest *manifest,
	      const struct image_config *c, const struct strv *layers, struct err *e);

/* Is the plan that is there what plan_make() would write? EBADMSG says what is wrong; none at all is fine. */
int plan_compare(const struct image_store *s, const struct digest *manifest,
		 const struct image_config *c, const struct strv *layers, struct err *e);

#endif
