/*
 * plan_make.h - makes the launcher's plan from an image's config.
 */
#ifndef IMAGE_DOCUMENT_PLAN_MAKE_H
#define IMAGE_DOCUMENT_PLAN_MAKE_H

#include "image/document/image_config.h"
#include "image/document/manifest.h"
#include "image/store/store.h"
#include "image/store/view.h"

/*
 * layers: from layer_find(), top first. USER is looked up in the image's own passwd and group, by
 * our own reader, beneath the layers; never in the host's.
 */
int plan_make(const struct image_store *s, const struct digest *manifest,
	      const struct image_config *c, const struct strv *layers, struct err *e);

/*
 * The ids of USER[:GROUP], names or numbers, from the view's own passwd and group; EBADMSG. An empty
 * user is root.
 */
int plan_find_user(const struct view *v, const char *text, uint32_t *ret_uid, uint32_t *ret_gid,
		   struct err *e);

/*
 * Is the existing plan what plan_make() would write? EBADMSG with the reason if not; a missing plan
 * is fine.
 */
int plan_compare(const struct image_store *s, const struct digest *manifest,
		 const struct image_config *c, const struct strv *layers, struct err *e);

#endif
