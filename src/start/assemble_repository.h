/*
 * assemble_repository.h - the mounts of git data that lies outside the project; see repository.h.
 */
#ifndef START_ASSEMBLE_REPOSITORY_H
#define START_ASSEMBLE_REPOSITORY_H

#include "grant/repository.h"
#include "start/assembly.h"

/*
 * What the box is to have of it, empty for one that is to have nothing: of the request, or looked for and
 * in *own, the caller's to clear.
 */
const struct repository *assemble_repository_find(const struct assemble_request *req,
						  const struct assembly *a, struct repository *own)
	__attribute__((warn_unused_result));

/* What the project is mounted upon: before it. */
int assemble_repository(const struct assemble_request *req, struct assembly *a,
			const struct repository *r, struct err *e);

/* What keeps data of checkouts that the box does not see from being pruned: after the project. */
int assemble_worktrees(const struct assemble_request *req, struct assembly *a,
		       const struct repository *r, struct err *e);

#endif
