/*
 * build_mounts.h - what RUN --mount gives a step.
 */
#ifndef BUILD_ENGINE_BUILD_MOUNTS_H
#define BUILD_ENGINE_BUILD_MOUNTS_H

#include "base/buf.h"
#include "box/record.h"
#include "build/engine/build.h"
#include "build/engine/build_state.h"
#include "build/steps.h"
#include "start/assembly.h"

struct build_mounts {
	struct extra_mount *v;
	size_t n;
	struct strv env;   /* NAME=value of secrets and agents */
	struct strv trees; /* relative to the store: copies, removed afterwards */
	int *locks;	   /* of caches that only one step may use */
	size_t n_locks;
};

/*
 * Appends what the result of the step can depend on: the files of binds, but not what is in caches
 * and secrets.
 */
int build_mounts_describe(struct build *b, const struct build_state *s, const struct step *step,
			  struct buf *out, struct err *e);

/*
 * Prepares them for a box, whose directory holds secrets. May wait for another step that
 * uses a cache. Release *out with build_mounts_close(), on failure too.
 */
int build_mounts_open(struct build *b, const struct build_state *s, const struct step *step,
		      const struct box *box, struct build_mounts *out, struct err *e);
void build_mounts_close(const struct build *b, struct build_mounts *m);

#endif
