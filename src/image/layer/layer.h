/*
 * layer.h - from a layer's packed stream to a directory that overlayfs takes as a lower layer.
 *
 * Two steps, because layers are unpacked at the same time, and a layer alone does not know what lies
 * below it:
 *
 *	layer_unpack()	any order, in parallel: every entry beneath the directory, whiteouts as marks
 *	layer_settle()	in order, bottom first: directories that the layer did not list take mode, times
 *			and xattrs of the ones below, or move to where a link below leads; hard links
 *			to files of lower layers; marks that hide nothing are removed
 *
 * What one uid cannot hold - owners, set-id bits, devices, capabilities, xattrs outside user.*,
 * modes that shut their owner out - goes to the sidecar (meta.h).
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
	struct digest diff_id;	   /* expected; hex "" : any, see ret_diff_id */
	int dirfd;		   /* an empty directory of ours */
	int meta_fd;		   /* an empty file of ours, for the sidecar */
	struct layer_limits limits;
	void (*progress)(void *ctx, uint64_t packed_bytes); /* or NULL; from any thread */
	void *ctx;
};

/*
 * Unpacks, with a thread that inflates beside the one that writes. On failure what lies in dirfd is
 * garbage for the caller to remove. ret_diff_id and ret_size (plain bytes) may be NULL.
 */
int layer_unpack(const struct layer_request *req, struct layer_notes *ret_notes,
		 struct digest *ret_diff_id, uint64_t *ret_size, struct err *e);

/*
 * lowers: the settled layers below, top first, opened O_PATH; n 0 for the bottom layer. lower_metas:
 * their sidecars, opened for reading, -1 where there is none; asked only for what is looked at.
 */
int layer_settle(int dirfd, int meta_fd, const struct layer_notes *notes, const int *lowers,
		 const int *lower_metas, size_t n, struct err *e);

#endif
