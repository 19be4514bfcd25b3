/*
 * bundle.h - the content of an archive of images, once its blobs are in the store. For import.c.
 *
 * Members are only looked up by their exact name: no name from an archive becomes a path on disk.
 */
#ifndef IMAGE_ARCHIVE_BUNDLE_H
#define IMAGE_ARCHIVE_BUNDLE_H

#include "image/document/manifest.h"
#include "image/store/store.h"

#define BUNDLE_MAX_MEMBERS 4096

struct archive_source;

struct bundle_member {
	char *name;
	struct digest digest; /* of the blob in the store; hex "": a link */
	uint64_t size;
	char *link; /* the member it refers to; NULL: not a link */
};

struct bundle {
	const struct image_store *store;
	struct bundle_member *v;
	size_t n;
	int layout; /* the directory of a layout, whose blobs are imported when needed; or -1 */
};

#define BUNDLE_INIT           \
	{                     \
		.layout = -1, \
	}

void bundle_clear(struct bundle *b);

/* Reads an archive of images to its end. */
int bundle_read_tar(struct bundle *b, struct archive_source *source, struct err *e);

/* Finds a member by name, following links within the bundle; ENOENT. */
int bundle_find(const struct bundle *b, const char *name, const struct bundle_member **ret,
		struct err *e);

/* Reads a small document: a member, or a file of the layout. */
int bundle_read(const struct bundle *b, const char *name, struct buf *out, struct err *e);

/*
 * Makes sure that the store has the blob with that size, importing it from the layout's directory
 * if there is one.
 */
int bundle_need_blob(const struct bundle *b, const struct descriptor *d, struct err *e);

#endif
