/*
 * build_layer.h - the layer that a step makes, and finding it again.
 *
 *	DATA/steps/build-<key>		names the layer (build_record.h)
 *	DATA/steps/build-<key>.log	the output of the step
 *
 * The key is a hash of what made the layer: the layers below and the step. `sandbox image prune`
 * removes the records.
 */
#ifndef BUILD_ENGINE_BUILD_LAYER_H
#define BUILD_ENGINE_BUILD_LAYER_H

#include "build/engine/build.h"
#include "build/engine/build_state.h"

struct build_layer {
	struct digest key;
	char *text; /* what made it, for people */
	time_t made;
};

/* text: the step, without the layers below, which are those of the state. */
void build_layer_init(const struct build *b, const struct build_state *s, const char *text,
		      struct build_layer *ret);
void build_layer_clear(struct build_layer *l);
#define cleanup_build_layer __attribute__((cleanup(build_layer_clear)))

/* Relative to DATA; the caller frees it. */
char *build_layer_log(const struct build_layer *l);

/* Adds the layer to the state if an earlier build has made it: 1, else 0. Sets l->made. */
int build_layer_find(const struct build *b, struct build_layer *l, struct build_state *s,
		     struct err *e);

/* To be held while the layer is made: a second process waits, with a note. */
int build_layer_lock(const struct build *b, const struct build_layer *l, int *ret_fd,
		     struct err *e);

/* The files of a layer: an overlay's upper directory that nobody writes to any more. */
struct build_upper {
	int fd, meta_fd;   /* meta_fd: its sidecar, or -1 */
	uint32_t uid, gid; /* who owns what is new and not marked */
};

/* Makes the layer from them and adds it to the state. Its record is kept. */
int build_layer_make(const struct build *b, struct build_layer *l, const struct build_upper *upper,
		     struct build_state *s, struct err *e);

/* Records that `key` leads to the layer too, which is the topmost of the state. */
int build_layer_note(const struct build *b, struct build_layer *key, const struct build_layer *of,
		     const struct build_state *s, struct err *e);

#endif
