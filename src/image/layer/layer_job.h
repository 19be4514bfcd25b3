/*
 * layer_job.h - one layer on its way into the store: fetched, unpacked, settled, published.
 */
#ifndef IMAGE_LAYER_LAYER_JOB_H
#define IMAGE_LAYER_LAYER_JOB_H

#include "image/layer/install_request.h"
#include "image/layer/layer.h"

struct layer_job {
	const struct install_request *req;
	const struct descriptor *blob;
	struct digest diff_id, chain;
	char *path;	 /* of the layer, once it exists; from layer_find() */
	bool is_wanted;	 /* must be made, or compared */
	bool fetch_blob; /* the blob here is corrupt or missing */
	int transfer;	 /* its number (base/report.h) */

	/* while it is made */
	char *tree, *meta; /* in tmp/ */
	int tree_fd, meta_fd;
	struct layer_notes notes;
	bool done;
	bool settled;	/* ready to get its name */
	struct err err; /* code 0: no error */
};

/*
 * Fetches and unpacks into tmp/; with a check also existing layers. Runs in a worker's thread;
 * job->err has the result.
 */
void layer_job_run(struct layer_job *job);

/*
 * Settles it on top of the layers below (top first, O_PATH), or compares it with the existing one.
 * If it is to get the name, job->settled is set. If it may not replace, the new one stays in tmp/
 * until layer_job_clear().
 */
int layer_job_settle(struct layer_job *job, const int *lowers, const int *lower_metas, size_t n,
		     struct err *e);

/* Gives the layer its name; call sync_fs() first. */
int layer_job_publish(struct layer_job *job, struct err *e);

/*
 * The directory on which layers above are settled, and its sidecar's path; the caller frees
 * *ret_meta.
 */
const char *layer_job_place(const struct layer_job *job, char **ret_meta);

/* Removes what is left in tmp/; layer_job_clear() also forgets the layer's path. */
void layer_job_forget(struct layer_job *job);
void layer_job_clear(struct layer_job *job);

#endif
