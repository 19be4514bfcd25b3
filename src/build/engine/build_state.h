/*
 * build_state.h - an image while it is built: what the instructions of a stage have made so far.
 */
#ifndef BUILD_ENGINE_BUILD_STATE_H
#define BUILD_ENGINE_BUILD_STATE_H

#include <jansson.h>
#include <stdbool.h>
#include <time.h>

#include "build/variables.h"
#include "image/document/manifest.h"
#include "image/store/store.h"

#define BUILD_NO_TIME ((time_t)-1)

struct build_state {
	json_t *doc;		 /* its config document, without layers */
	struct manifest m;	 /* its layers, bottom first; all belongs to it */
	struct digest *diff_ids; /* of these */
	struct digest chain;	 /* of the topmost; hex "": no layer */
	struct variables env;	 /* ENV and ARG */
	struct strv args;	 /* the names of the latter, in order; they may be repeated */
	bool has_cmd;		 /* by an instruction of the stage */
	size_t n_old;		 /* entries of the history that the image below has */
};

/* An image without files, for a platform OS/ARCH[/VARIANT]. */
void build_state_scratch(const char *platform, struct build_state *ret);

/* An image of the store. *ret_onbuild are its triggers. */
int build_state_load(const struct image_store *s, const struct digest *manifest,
		     struct build_state *ret, struct strv *ret_onbuild, struct err *e);

/* For a stage that is based on another one. */
void build_state_copy(const struct build_state *from, struct build_state *ret);
void build_state_clear(struct build_state *s);
#define cleanup_build_state __attribute__((cleanup(build_state_clear)))

/* The member "config" of the document. */
json_t *build_state_config(const struct build_state *s);

/* A string there; "" if there is none. */
const char *build_state_text(const struct build_state *s, const char *key);

/* Appends the strings of a list there, such as "Shell". */
void build_state_list(const struct build_state *s, const char *key, struct strv *out);

/* Adds a layer on top, of which the blob is in the store. */
int build_state_push(struct build_state *s, const struct descriptor *layer,
		     const struct digest *diff_id, struct err *e);

/* Appends to the history; made: when, or BUILD_NO_TIME. A text with runs ends with "# buildkit". */
void build_state_history(struct build_state *s, const char *text, bool layer, bool runs,
			 time_t made);

/*
 * Writes config and manifest into the store. What has no time gets that of the layer before it, or
 * of the first one, so that the same layers give the same digest; with time, all that is new gets
 * that.
 */
int build_state_write(struct build_state *s, const struct image_store *store, time_t time,
		      struct digest *ret, struct err *e);

#endif
