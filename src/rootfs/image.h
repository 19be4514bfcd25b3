/*
 * image.h - from the name of an image to the directories a box's root is made of.
 */
#ifndef ROOTFS_IMAGE_H
#define ROOTFS_IMAGE_H

#include <stdbool.h>

#include "base/err.h"
#include "base/proc.h"
#include "rootfs/image_root.h"

/* Is it the name of an image that there can be? Whether there is one, image_resolve() finds out. */
int image_check_name(const char *image, struct err *e);

/*
 * Resolves `host`, `dir:PATH` and names of images; one that is not here is pulled first, by
 * sandbox-image (ERR_SAID: it has said what went wrong). *ret is to be released with
 * image_root_clear(), after a failure too.
 */
int image_resolve(const struct image_request *req, struct image_root *ret, struct err *e);

/* What the name means now, without pulling anything: -ENOENT, or hex "" for `host` and `dir:`. */
int image_digest(const struct store *s, const char *image, struct digest *ret, struct err *e);

/*
 * Who sessions of a throw-away box are: the image's USER, where it names one that is not root, else
 * the caller. Returns whether the image asks for root. *ret is to be released with user_clear().
 */
bool image_user(const struct image_plan *plan, const struct user *caller, struct user *ret);

/* An error where the image names a user that it does not have: no session can be that user. */
int image_check_user(const struct image_plan *plan, struct err *e);

#endif
