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
	char *path;	 /* where the layer is, once it is; as of layer_find() */
	bool is_wanted;	 /* to be made, or compared */
	bool fetch_blob; /* the one that is here is corrupt, or none is */
	int transfer;	 /* its number (base/report.h) */

	/* while it is made */
	char *tree, *meta; /* in tmp/ */
	int tree_fd, meta_fd;
	struct layer_notes notes;
	bool done;
	bool settled;	/* and waits for its name */
	struct err err; /* code 0: fine */
};

/* Fetches and unpacks into tmp/; from a worker's thread. The result is in job->err. With a check also what
 * is there already. */
void layer_job_run(struct layer_job *job);

/*
 * Settles upon the layers below (top first, O_PATH); or compares it with the one that has the name. What is to
 * have the name from now on waits for that: job->settled. Without the right to replace, the one of tmp/ stays
 * until layer_job_clear().
 */
int layer_job_settle(struct layer_job *job, const int *lowers, const int *lower_metas, size_t n,
		     struct err *e);

/* Gives the layer its name; sync_fs() comes before. */
int layer_job_publish(struct layer_job *job, struct err *e);

/* What layers above are to be settled upon, and where its sidecar is; the caller frees *ret_meta. */
const char *layer_job_place(const struct layer_job *job, char **ret_meta);

/* Removes what is left in tmp/; layer_job_clear() also forgets where the layer is. */
void layer_job_forget(struct layer_job *job);
void layer_job_clear(struct layer_job *job);

#endif
