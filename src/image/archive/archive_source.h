/*
 * archive_source.h - a tar archive in whatever compression, from a file or a pipe, read once.
 */
#ifndef IMAGE_ARCHIVE_ARCHIVE_SOURCE_H
#define IMAGE_ARCHIVE_ARCHIVE_SOURCE_H

#include <stdbool.h>

#include "base/source.h"

struct archive;
struct archive_source;

/* fd stays the caller's, and must stay open. EBADMSG: empty, or no tar. */
int archive_source_open(int fd, struct archive_source **ret, struct err *e);
void archive_source_close(struct archive_source *a);

static inline void archive_source_closep(struct archive_source **a)
{
	archive_source_close(*a);
}
#define cleanup_archive_source __attribute__((cleanup(archive_source_closep)))

/*
 * Do its names show an archive of images, and not a root file system? Takes nothing away. A pipe whose
 * first names could be either's is taken for the former.
 */
bool archive_source_is_bundle(const struct archive_source *a);

/* The plain bytes of the tar. */
struct byte_source archive_source_plain(struct archive_source *a);

/* The plain bytes, opened by libarchive as a tar; la.archive_read_free() by the caller. */
int archive_source_tar(struct archive_source *a, struct archive **ret, struct err *e);

/* Without "./" and "/" in front; NULL for the root itself and for what no tool writes. */
const char *archive_member_name(const char *name);

#endif
