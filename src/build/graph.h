/*
 * graph.h - the stages of a Dockerfile, what each is based on, and which of them a target needs.
 *
 * Nothing is looked up: a name that is no stage is an image. Scopes of ARG are Docker's: those before
 * the first FROM are for FROM lines, and for an ARG without a value in a stage.
 */
#ifndef BUILD_GRAPH_H
#define BUILD_GRAPH_H

#include <stdbool.h>

#include "base/err.h"
#include "build/dockerfile.h"
#include "build/remote.h"
#include "build/variables.h"

#define GRAPH_STAGES_MAX 1000
#define GRAPH_STEPS_MAX	 200000 /* of all stages, those of ONBUILD each time that they act */

enum source_kind {
	SOURCE_IMAGE,
	SOURCE_STAGE,
	SOURCE_SCRATCH, /* nothing */
	SOURCE_CONTEXT, /* of --build-context */
	SOURCE_FILES,	/* the build's own context */
};

struct source {
	enum source_kind kind;
	size_t stage;
	char *name; /* of the image, or the value of --build-context; else NULL */
	bool unset; /* the name has a variable without a value, and is as written */
};

/* An instruction of a stage. */
struct graph_step {
	const struct instruction *in;
	bool triggered; /* by ONBUILD of the stage below */
	/* COPY and ADD: one. RUN: one for each --mount, in order. */
	struct source *sources;
	size_t n_sources;
};

struct graph_stage {
	const struct instruction *from;
	char *name; /* in lower case; NULL */
	struct source base;
	char *platform; /* OS/ARCH[/VARIANT], or as written; NULL: the target's */
	struct graph_step *steps;
	size_t n;
	bool replaced; /* by --build-context: it has no steps, whatever the file says */
	bool used;     /* the target needs it */
};

/* Options of a build. target is the name or the number of a stage; NULL: the last one. */
struct graph_options {
	struct variables args, contexts;
	const char *target;
	const char *build_platform, *target_platform; /* OS/ARCH[/VARIANT] */
};

struct graph {
	const struct dockerfile *file;
	const struct graph_options *options;
	struct variables args; /* of FROM lines */
	struct graph_stage *stages;
	size_t n;
	size_t n_steps; /* of all stages */
	size_t target;
};

/*
 * file and options must stay as long as *ret. ERR_USAGE, with file and line: a stage that is not
 * there, or comes later, a circle, an empty name.
 */
int graph_make(const struct dockerfile *file, const struct graph_options *options,
	       struct graph *ret, struct err *e);

/*
 * The instructions in ONBUILD of the image that a stage is based on, which come first; v must stay
 * as long as g. Before the stage is expanded.
 */
int graph_add_triggers(struct graph *g, size_t stage, const struct instruction *v, size_t n,
		       struct err *e);
void graph_clear(struct graph *g);
#define cleanup_graph __attribute__((cleanup(graph_clear)))

#endif
