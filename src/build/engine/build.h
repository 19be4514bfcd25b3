/*
 * build.h - what the parts of the engine share while a build runs.
 */
#ifndef BUILD_ENGINE_BUILD_H
#define BUILD_ENGINE_BUILD_H

#include "base/proc.h"
#include "build/engine/build_request.h"
#include "config/settings.h"
#include "store/store.h"

struct build_state;
struct copy_session;

struct build {
	const struct build_request *req;
	struct store store;
	struct user user;
	struct settings open, closed; /* of steps with a network, and without */
	char *network_denied;	      /* why steps have none; or NULL */
	struct copy_session *copy;
	int cache_fd; /* of the latter */
	/* The state that a stage leaves: builds it, or waits for it. It stays the engine's. */
	int (*need)(struct build *b, size_t stage, const struct build_state **ret, struct err *e);
	size_t n_steps, n_done; /* steps that make layers, of all stages that are needed */
	size_t n_cached;
};

/* Opens the store, and loads the settings; close it on failure too. */
int build_open(struct build *b, struct err *e);
void build_close(struct build *b);

/* Progress: the number of the step that is done or begins, from 1. */
size_t build_count(struct build *b, bool cached);

#endif
