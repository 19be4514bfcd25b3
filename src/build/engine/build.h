/*
 * build.h - what the parts of the engine share while a build runs.
 */
#ifndef BUILD_ENGINE_BUILD_H
#define BUILD_ENGINE_BUILD_H

#include <stdatomic.h>
#include <stdbool.h>

#include "base/proc.h"
#include "build/engine/build_request.h"
#include "config/settings.h"
#include "store/store.h"

struct build_cache;
struct build_git;
struct build_state;
struct copy_session;

struct build {
	const struct build_request *req;
	struct store store;
	struct user user;
	struct settings open, closed; /* of steps with a network, and without */
	char *network_denied;	      /* why steps have none; or NULL */
	struct copy_session *copy;
	int cache_fd;		   /* of the latter */
	struct build_cache *cache; /* of other builds */
	struct build_git *gits;	   /* repositories that it uses */
	/* The state that a stage leaves: builds it, or waits for it. It stays the engine's. */
	int (*need)(struct build *b, size_t stage, const struct build_state **ret, struct err *e);
	struct build_progress *progress; /* shared by the processes of the build */

	/* Of the stage that is being built: */
	bool fresh;	    /* no layer is taken from earlier builds */
	bool again;	    /* a process of this build has built it: nothing is reported */
	struct strv *found; /* only what is there is used: titles of its steps; else NULL */
};

/* Steps that make layers, of all stages that are needed. */
struct build_progress {
	atomic_size_t steps, done, cached;
};

/* Opens the store, and loads the settings; close it on failure too. */
int build_open(struct build *b, struct err *e);
void build_close(struct build *b);

/* Counts a step that is done or begins. Returns its number, from 1. */
size_t build_count(struct build *b);

/* Reports that the layer of a step was there, or that it is made. */
void build_note_found(struct build *b, const char *title);
void build_note_made(struct build *b, const char *title);

/* To be called before a layer is made: -ERR_RETRY if only what is there is used. */
int build_may_make(const struct build *b, struct err *e);

#endif
