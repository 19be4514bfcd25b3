/*
 * apply_plan.h - which changes of a box go to which directories of the host.
 */
#ifndef CHANGES_APPLY_PLAN_H
#define CHANGES_APPLY_PLAN_H

#include "changes/changes.h"

struct apply_step {
	struct change change; /* kind: what it is to the host */
	char *path;	      /* on the host, absolute */
	const char *rel;      /* the same beneath its directory; points into path */
	int folder;	      /* O_PATH, of the plan's */
	bool first;	      /* what others refer to */
};

/* What is not applied, though it has a place on the host. */
struct apply_left {
	char *path;	 /* on the host */
	bool is_folder;	 /* with all that is in it */
	const char *why; /* a phrase */
};

struct apply_plan {
	struct apply_step *v;
	size_t n;
	int *folders; /* of the host */
	size_t n_folders;
	bool *drop;   /* for each overlay: it is applied whole */
	char *data;   /* the store, where nothing may go */
	char *caches; /* in it: what boxes share, and what a trial of one may go to */
	struct apply_left *left;
	size_t n_left;
	const char *from, *to; /* as given */
	size_t others;	       /* changes that have no directory of the host to go to */
};

#endif
