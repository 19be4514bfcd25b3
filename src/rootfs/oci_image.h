/*
 * oci_image.h - images of the store, as pulled, imported or built; for image.c.
 */
#ifndef ROOTFS_OCI_IMAGE_H
#define ROOTFS_OCI_IMAGE_H

#include "rootfs/image_root.h"

/* As image_resolve() and image_digest(), for a name that is neither `host` nor `dir:`. */
int oci_image_resolve(const struct image_request *req, struct image_root *root, struct err *e);
int oci_image_digest(const struct store *s, const char *image, struct digest *ret, struct err *e);

#endif
