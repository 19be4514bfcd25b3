/*
 * host_image.h - the built-in image `host`: the host's own programs, without its data.
 */
#ifndef ROOTFS_HOST_IMAGE_H
#define ROOTFS_HOST_IMAGE_H

#include "rootfs/image_root.h"

/* Starts the line in a start's notes that names the layer the box uses. */
#define HOST_LAYER_NOTE "layer "

/*
 * Returns the one small layer of the image, made again if the host has changed, and the directories
 * to bind over it.
 */
int host_image_resolve(const struct store *s, struct image_root *root, struct err *e);

/* Removes the layer, so that the next start makes it again; EBUSY names a box that runs on it. */
int host_image_forget(const struct store *s, struct err *e);

#endif
