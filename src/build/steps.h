/*
 * steps.h - the steps of a stage with their variables replaced, and checked.
 */
#ifndef BUILD_STEPS_H
#define BUILD_STEPS_H

#include "build/graph.h"
#include "build/run_mount.h"

struct step {
	const struct graph_step *of;
	struct strv flags;    /* as in the instruction */
	struct strv args;     /* as in the instruction, without quotes; of EXPOSE ports */
	struct strv contents; /* COPY and ADD: of the here-documents, in order */
	struct run_mount *mounts;
	size_t n_mounts;
	bool kept; /* a variable that only the base image could set stayed as written */
};

struct steps {
	struct step *v;
	size_t n;
};

/* What the steps of a stage see while they are expanded one after the other. */
struct steps_scope {
	const struct graph *g;
	struct variables env; /* ENV and ARG so far; the caller sets what the base leaves */
	size_t total;	      /* bytes so far */
};

/* The next step of a stage, whose base is known. ERR_USAGE, with file and line. */
int steps_expand_next(struct steps_scope *scope, const struct graph_step *of, struct step *ret,
		      struct err *e);
void step_clear(struct step *s);
#define cleanup_step __attribute__((cleanup(step_clear)))

/* The PATH that Docker gives to an image that has none. */
#define STEPS_PATH "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

/*
 * Expands all stages into ret, which has room for one of each; nothing is left there on failure. ENV
 * and ARG have one scope, which a stage hands to those that are based on it. What an image sets is
 * not known: names that the file does not set stay as written. ERR_USAGE, with file and line.
 */
int steps_expand(const struct graph *g, struct steps *ret, struct err *e);
void steps_clear(struct steps *s);
#endif
