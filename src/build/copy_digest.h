/*
 * copy_digest.h - digests of files, and of lists of them.
 */
#ifndef BUILD_COPY_DIGEST_H
#define BUILD_COPY_DIGEST_H

#include "build/copy_stamps.h"
#include "build/copy_view.h"
#include "image/name/hash.h"

/*
 * The digest of the content and the extended attributes of a regular file. Holes are not read, and
 * mean the same as zeros. fd: the content; -1: the entry is opened, and EBUSY if it is not the file
 * that was listed.
 */
int copy_digest_file(const struct copy_entry *entry, int fd, unsigned char ret[COPY_STAMP_BYTES],
		     struct err *e);

/* Appends all that is copied of an entry, but times; content: of a regular file, else NULL. */
int copy_digest_entry(struct buf *out, const struct copy_entry *entry, const unsigned char *content,
		      struct err *e);

/* Appends text so that where it ends is clear. */
void copy_digest_text(struct buf *out, const char *text);

#endif
