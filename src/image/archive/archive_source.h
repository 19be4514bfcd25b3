/*
 * archive_source.h - a tar archive in any compression, from a file or a pipe, read once.
 */
#ifndef IMAGE_ARCHIVE_ARCHIVE_SOURCE_H
#define IMAGE_ARCHIVE_ARCHIVE_SOURCE_H

#include <stdbool.h>

#include "base/source.h"

struct archive;
struct archive_source;

/* fd belongs to the caller and must stay open. EBADMSG: empty, or not a tar. */
int archive_source_open(int fd, struct archive_source **ret, struct err *e);
void archive_source_close(struct archive_source *a);

static inline void archive_source_closep(struct archive_source **a)
{
	archive_source_close(*a);
}
#define cleanup_archive_source __attribute__((cleanup(archive_source_closep)))

/*
 * Do the member names show an archive of images, and not a root file system? Consumes nothing. A
 * pipe whose first names fit both counts as an archive of images.
 */
bool archive_source_is_bundle(const struct archive_source *a);

/* The uncompressed bytes of the tar. */
struct byte_source archive_source_plain(struct archive_source *a);

/* The uncompressed bytes, opened by libarchive as a tar; the caller frees it. */
int archive_source_tar(struct archive_source *a, struct archive **ret, struct err *e);

/*
 * The name without leading "./" and "/"; NULL for the root itself and for names that no tool
 * writes.
 */
const char *archive_member_name(const char *name);

#endif
