/*
 * layout.h - index.json: the names of the store, for other tools that read it as an OCI layout.
 *
 * It is generated from refs/ and has the time of that directory: if the two times differ, a command
 * was interrupted between them.
 */
#ifndef IMAGE_LAYOUT_H
#define IMAGE_LAYOUT_H

#include "image/store/store.h"

/*
 * Writes index.json from refs/, under a lock, so that with several commands the last one sees the
 * work of all. An image whose blobs are not all here (a second store lends some) is left out,
 * because other tools could not read it. One that cannot be checked is an error.
 */
int layout_update(const struct image_store *s, struct err *e);

/* Was it written after the last change of a name? Costs two system calls. */
bool layout_is_current(const struct image_store *s);

/* Writes the file oci-layout, which marks the directory as a layout. */
int layout_mark(const struct image_store *s, struct err *e);

/*
 * For a store that was just opened: writes a missing mark, and an index.json that an interrupted
 * command left stale. Failing to write an index is not an error.
 */
int layout_heal(const struct image_store *s, struct err *e);

/* Do these files have the right content? EBADMSG with the reason if not. */
int layout_check_index(const struct image_store *s, struct err *e);
int layout_check_mark(const struct image_store *s, struct err *e);

/* The manifest of a name according to index.json; ENOENT. */
int layout_find(const struct image_store *s, const char *name, struct digest *ret, struct err *e);

#endif
