/*
 * assemble_repository.h - mounting git data that is outside the project; see repository.h.
 */
#ifndef START_ASSEMBLE_REPOSITORY_H
#define START_ASSEMBLE_REPOSITORY_H

#include "grant/repository.h"
#include "start/assembly.h"

/*
 * What the box gets of it, possibly empty: from the request, or looked up into *own, which the
 * caller clears.
 */
const struct repository *assemble_repository_find(const struct assemble_request *req,
						  const struct assembly *a, struct repository *own)
	__attribute__((warn_unused_result));

/* Mounts that the project is mounted on top of: call before adding it. */
int assemble_repository(const struct assemble_request *req, struct assembly *a,
			const struct repository *r, struct err *e);

/*
 * Protects data of checkouts that the box does not see from being pruned: call after adding the
 * project.
 */
int assemble_worktrees(const struct assemble_request *req, struct assembly *a,
		       const struct repository *r, struct err *e);

#endif
