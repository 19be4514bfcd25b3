/*
 * install.h - from a manifest whose blobs are here, or are being fetched, to an image that can run:
 * unpacks and settles layers, writes the plan, and last sets the name.
 */
#ifndef IMAGE_INSTALL_H
#define IMAGE_INSTALL_H

#include "image/document/image_config.h"
#include "image/document/manifest.h"
#include "image/layer/install_request.h"
#include "image/store/store.h"

/* Returns once the image can run; manifest and config must be in the store. */
int image_install(const struct install_request *req, struct err *e);

#endif
