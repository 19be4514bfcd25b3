/*
 * layout.h - index.json: the names of the store, for other tools that read it as an OCI layout.
 *
 * It is a function of refs/, and has the time of that directory: whoever finds the two times to differ
 * knows that a command was cut off between them.
 */
#ifndef IMAGE_LAYOUT_H
#define IMAGE_LAYOUT_H

#include "image/store/store.h"

/*
 * Writes index.json from refs/, under a lock, so that of several commands the last one sees what all
 * have done. An image whose blobs are not all here (some are lent by a second store) is left out:
 * other tools could not read it. One that cannot be looked at is an error.
 */
int layout_update(const struct image_store *s, struct err *e);

/* Was it written since a name was set or removed? Costs two system calls. */
bool layout_is_current(const struct image_store *s);

/* Writes the file oci-layout, which says that the directory is one. */
int layout_mark(const struct image_store *s, struct err *e);

/*
 * Of a store that was just opened: writes the mark where it is missing, and index.json where a command that was cut
 * off has left it behind. An index that cannot be written is no reason to fail.
 */
int layout_heal(const struct image_store *s, struct err *e);

/* Are these files what they should be? EBADMSG says what is wrong. */
int layout_check_index(const struct image_store *s, struct err *e);
int layout_check_mark(const struct image_store *s, struct err *e);

/* The manifest that index.json has for a name; ENOENT. */
int layout_find(const struct image_store *s, const char *name, struct digest *ret, struct err *e);

#endif
