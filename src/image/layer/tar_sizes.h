/*
 * tar_sizes.h - sets the size of tar entries without data to 0, before libarchive sees them.
 *
 * A hard link may have a size in its header. libarchive trusts it in a PAX archive, and skips as
 * many bytes; Go's archive/tar, by which nearly all layers are written and read, knows that a link,
 * a directory or a device has no data, whatever its header says. The two would read two different
 * layers.
 */
#ifndef IMAGE_LAYER_TAR_SIZES_H
#define IMAGE_LAYER_TAR_SIZES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define TAR_BLOCK 512

struct tar_sizes {
	uint64_t left;	   /* bytes of data until the next header, whole blocks */
	uint64_t records;  /* of these, bytes of a PAX header */
	bool more_headers; /* a GNU sparse file has further headers */
	bool lost;	   /* at the end, or not a tar: change nothing any more */

	/* what the records say about the next entry */
	bool has_size;
	uint64_t size;

	/* the part of the record being read: "LENGTH KEY=VALUE\n" */
	enum { TAR_LENGTH, TAR_KEY, TAR_VALUE, TAR_SKIP } part;
	uint64_t length, at; /* its declared length; bytes read */
	size_t key_at;	     /* matching letters of "size" so far */
};

/* Changes the next bytes of a stream in place: whole blocks, except at the end. */
void tar_sizes_pass(struct tar_sizes *t, unsigned char *data, size_t len);

#endif
