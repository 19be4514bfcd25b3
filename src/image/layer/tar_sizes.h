/*
 * tar_sizes.h - entries of a tar that hold no data get the size 0, before libarchive sees them.
 *
 * A hard link may have a size in its header. libarchive believes it in a PAX archive, and skips as many
 * bytes; Go's archive/tar, by which nearly all layers are written and read, knows that a link, a directory
 * or a device has no data, whatever its header says. Two readers would see two layers.
 */
#ifndef IMAGE_LAYER_TAR_SIZES_H
#define IMAGE_LAYER_TAR_SIZES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define TAR_BLOCK 512

struct tar_sizes {
	uint64_t left;	   /* bytes of data until the next header, whole blocks */
	uint64_t records;  /* of them, those of a PAX header */
	bool more_headers; /* GNU's sparse files have further ones */
	bool lost;	   /* the end, or no tar: nothing is changed any more */

	/* what the records say of the next entry */
	bool has_size;
	uint64_t size;

	/* the record that is being read: "LENGTH KEY=VALUE\n" */
	enum { TAR_LENGTH, TAR_KEY, TAR_VALUE, TAR_SKIP } part;
	uint64_t length, at; /* of all of it, as it says; bytes read */
	size_t key_at;	     /* letters of "size" that fit so far */
};

/* Changes the next bytes of a stream in place: whole blocks, but for the last ones. */
void tar_sizes_pass(struct tar_sizes *t, unsigned char *data, size_t len);

#endif
