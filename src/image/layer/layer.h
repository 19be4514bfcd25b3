/*
 * layer.h - from a layer's packed stream to a directory that overlayfs accepts as a lower layer.
 *
 * Two steps, because layers are unpacked in parallel, and a layer alone does not know what is below
 * it:
 *
 *	layer_unpack()	any order, in parallel: every entry beneath the directory, whiteouts as
 *			marks
 *	layer_settle()	in order, bottom first: directories that the layer did not list take mode,
 *			times and xattrs of the ones below, or move to where a link below leads;
 *			hard links to files of lower layers; marks that hide nothing are removed
 *
 * What files of a single uid cannot have - owners, set-id bits, devices, capabilities, xattrs
 * outside user.*, modes that shut their owner out - goes to the sidecar (meta.h).
 */
#ifndef IMAGE_LAYER_LAYER_H
#define IMAGE_LAYER_LAYER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/mem.h"
#include "base/source.h"
#include "image/layer/layer_notes.h"
#include "image/name/digest.h"

struct layer_request {
	struct byte_source packed; /* read from another thread than the caller's */
	struct digest diff_id;	   /* expected; hex "": any, see ret_diff_id */
	int dirfd;		   /* an empty directory of ours */
	int meta_fd;		   /* an empty file of ours, for the sidecar */
	struct layer_limits limits;
	void (*progress)(void *ctx, uint64_t packed_bytes); /* or NULL; from any thread */
	void *ctx;
};

/*
 * Unpacks, with a second thread that decompresses. On failure dirfd contains garbage that the
 * caller removes. ret_diff_id and ret_size (uncompressed bytes) may be NULL.
 */
int layer_unpack(const struct layer_request *req, struct layer_notes *notes,
		 struct digest *ret_diff_id, uint64_t *ret_size, struct err *e);

/*
 * lowers: the settled layers below, top first, opened O_PATH; n is 0 for the bottom layer.
 * lower_metas: their sidecars, open for reading, -1 if there is none; read only as needed.
 */
int layer_settle(int dirfd, int meta_fd, const struct layer_notes *notes, const int *lowers,
		 const int *lower_metas, size_t n, struct err *e);

#endif
