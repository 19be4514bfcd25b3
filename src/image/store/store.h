/*
 * store.h - images on disk: an OCI image layout that other tools read in place, and the layers that
 * boxes use.
 *
 *	DATA/oci-layout, index.json	written from refs/ under a short lock
 *	DATA/blobs/sha256/<hex>		manifests, configs, indexes, packed layers
 *	DATA/refs/<name>		the truth of a name (ref.h)
 *	DATA/layers/<chain>/, .meta	unpacked layers and their sidecars
 *	DATA/plans/<manifest>		an image as the launcher reads it (plan.h); a cache
 *	DATA/tmp/image-*		work of lease holders; partial-<hex>: partial downloads
 *
 * What has its final name is complete and on disk, and its digest was checked. A second, read-only
 * store lends blobs and names; its layers are used in place if the caller owns them.
 */
#ifndef IMAGE_STORE_STORE_H
#define IMAGE_STORE_STORE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/buf.h"
#include "base/mem.h"
#include "base/source.h"
#include "image/name/digest.h"

#define IMAGE_STORE_LENDERS 8
#define IMAGE_TMP_PREFIX    "image-"
#define IMAGE_PART_PREFIX   "partial-"

struct image_conf;
struct unnamed; /* blobs without a name so far (blob_name_all) */

struct image_store {
	char *path;		  /* DATA */
	int fd;			  /* O_PATH */
	int lease;		  /* of store/lease.h, shared; or -1 */
	struct strv lender_paths; /* second stores that could be opened, and their descriptors */
	int lender_fds[IMAGE_STORE_LENDERS];
	struct unnamed *unnamed;
};

#define IMAGE_STORE_INIT              \
	{                             \
		.fd = -1, .lease = -1 \
	}

/*
 * Opens the store, making missing directories, and takes the shared lease; call layout_heal() next.
 */
int image_store_open(struct image_store *s, const struct image_conf *conf, struct err *e);
void image_store_close(struct image_store *s);
#define cleanup_image_store __attribute__((cleanup(image_store_close)))

/* Does the blob exist here or in a second store? Its size, or -ENOENT. */
int blob_stat(const struct image_store *s, const struct digest *d, uint64_t *ret_size,
	      struct err *e);
bool blob_is_local(const struct image_store *s, const struct digest *d);

/* Reads a whole blob, here or lent: -ENOENT, or EBADMSG if its bytes do not match its digest. */
int blob_check(const struct image_store *s, const struct digest *d, struct err *e);

/* Does this store have the blob, with matching bytes? */
bool blob_is_sound(const struct image_store *s, const struct digest *d);

/* Opens a blob for reading; -ENOENT. Does not check its bytes. */
int blob_open(const struct image_store *s, const struct digest *d, int *ret_fd, struct err *e);

/* Reads a small blob and checks its digest: EBADMSG names a corrupt one. */
int blob_read(const struct image_store *s, const struct digest *d, size_t max, struct buf *out,
	      struct err *e);

/* Writes a small blob (a manifest, a config), unless it exists intact. */
int blob_write(const struct image_store *s, const void *data, size_t len, struct digest *ret,
	       struct err *e);

/*
 * Turns a complete, checked file of tmp/ into a blob. All functions here find it from now on; it
 * gets its name together with all others.
 */
void blob_publish(const struct image_store *s, const char *tmp, const struct digest *d);

/*
 * Stores the content of a stream as a blob. expected: hex "" for any; another digest is EBADMSG and
 * leaves nothing. More than max bytes is an error.
 */
int blob_store(const struct image_store *s, struct byte_source in, uint64_t max,
	       const struct digest *expected, struct digest *ret, uint64_t *ret_size,
	       struct err *e);

/*
 * name_all gives all blobs of this command their names; call sync_fs() first. Blobs that have none
 * when the store is closed are removed.
 */
struct unnamed *blob_unnamed_new(void);
void blob_unnamed_free(struct image_store *s);
int blob_name_all(const struct image_store *s, struct err *e);
bool blob_any_unnamed(const struct image_store *s);

/* Removes path, of any type: moves it into tmp/ at once, then deletes it bit by bit. */
int image_store_discard(const struct image_store *s, const char *path, struct err *e);

/*
 * A new directory or file "tmp/image-<random>"; *ret_name is relative to s->fd; the caller frees
 * it.
 */
int image_store_tmpdir(const struct image_store *s, char **ret_name, int *ret_fd, struct err *e);
int image_store_tmpfile(const struct image_store *s, char **ret_name, int *ret_fd, struct err *e);

#endif
