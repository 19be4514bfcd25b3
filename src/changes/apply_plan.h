/*
 * apply_plan.h - which changes of a box go to which directories of the host.
 */
#ifndef CHANGES_APPLY_PLAN_H
#define CHANGES_APPLY_PLAN_H

#include "changes/changes.h"

struct apply_step {
	struct change change; /* kind: relative to what the host has */
	char *path;	      /* on the host, absolute */
	const char *rel;      /* the same relative to its directory; points into path */
	int folder;	      /* O_PATH; owned by the plan */
	bool first;	      /* others refer to it, so it is done first */
};

/* A change with a place on the host that is not applied. */
struct apply_left {
	char *path;	 /* on the host */
	bool is_folder;	 /* with everything in it */
	const char *why; /* reason, as a phrase */
};

struct apply_plan {
	struct apply_step *v;
	size_t n;
	int *folders; /* of the host */
	size_t n_folders;
	bool *drop;   /* for each overlay: it is applied completely */
	char *data;   /* the store, where nothing may go */
	char *caches; /* in the store: caches, where changes of a trial may go */
	struct apply_left *left;
	size_t n_left;
	const char *from, *to; /* as given */
	size_t others;	       /* changes that belong to no directory of the host */
};

#endif
