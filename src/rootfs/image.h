/*
 * image.h - from the name of an image to the directories of a box's root.
 */
#ifndef ROOTFS_IMAGE_H
#define ROOTFS_IMAGE_H

#include <stdbool.h>

#include "base/err.h"
#include "base/proc.h"
#include "rootfs/image_root.h"

/* Is it a valid name of an image? image_resolve() finds out whether the image exists. */
int image_check_name(const char *image, struct err *e);

/*
 * Resolves `host`, `dir:PATH` and names of images; pulls an image that is not here, by
 * sandbox-image (ERR_SAID: it has already reported the error). Release *root with
 * image_root_clear() on failure too.
 */
int image_resolve(const struct image_request *req, struct image_root *root, struct err *e);

/* What the name means now, without pulling: -ENOENT, or hex "" for `host` and `dir:`. */
int image_digest(const struct store *s, const char *image, struct digest *ret, struct err *e);

/*
 * The user of sessions in a throw-away box: the image's USER, if it names one other than root, else
 * the caller. Returns whether the image asks for root. Release *ret with user_clear().
 */
bool image_user(const struct image_plan *plan, const struct user *caller, struct user *ret);

/*
 * The command of a box whose program is the image's: entrypoint, then the caller's words or the
 * image's Cmd (image-spec, config.md). Lists end with NULL; entrypoint NULL: the image's. With the
 * caller's own entrypoint the image's Cmd is not used, because it was meant for the image's.
 */
void image_command(const struct image_plan *plan, const char *const *entrypoint,
		   const char *const *command, struct strv *out);

/* An error if the image names a user that it does not have: no session can be that user. */
int image_check_user(const struct image_plan *plan, struct err *e);

#endif
