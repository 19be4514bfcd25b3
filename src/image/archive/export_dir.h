/*
 * export_dir.h - the files of an image in a directory of the user's.
 */
#ifndef IMAGE_ARCHIVE_EXPORT_DIR_H
#define IMAGE_ARCHIVE_EXPORT_DIR_H

#include "image/name/digest.h"
#include "image/store/store.h"

/*
 * Writes all files of the image beneath the directory, which may have others; those of the same
 * name are replaced. They belong to the caller, without set-id bits. Devices and sockets are left
 * out.
 */
int export_dir(const struct image_store *s, const struct digest *manifest, int dir, struct err *e);

#endif
