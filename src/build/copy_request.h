/*
 * copy_request.h - a COPY or ADD step, and the files that it is about.
 */
#ifndef BUILD_COPY_REQUEST_H
#define BUILD_COPY_REQUEST_H

#include <stdbool.h>
#include <stddef.h>
#include <time.h>

#include "build/ignore.h"
#include "build/steps.h"
#include "image/layer/layer_notes.h"
#include "image/name/digest.h"

/*
 * Files to copy from, or to copy onto: a stack of layers, or one directory of the user's. All of it
 * stays the caller's.
 */
struct copy_tree {
	const char *name;  /* for messages: "the context", "stage 'build'" */
	const int *layers; /* directories, top first; n is 0 for an empty tree */
	const int *metas;  /* their sidecars (image/document/meta.h), open for reading; -1: none */
	size_t n;
	/*
	 * A context: n is 1, and there is no sidecar. All files belong to root, and marks of
	 * overlayfs mean nothing.
	 */
	bool is_context;
	const struct ignore *ignore; /* of a context; NULL: all of it is seen */
	/* Identifies all content, so that copy_key() need not look at it; NULL: it looks. */
	const struct digest *key;
};

struct copy_request {
	const struct step *step; /* COPY or ADD, all of whose variables are replaced */
	const char *file;	 /* the Dockerfile's name, for messages */
	const char *workdir;	 /* absolute: where a relative destination is */
	const struct copy_tree *from;
	/* Git repositories that ADD names, in order. They have keys, and files for copy_step(). */
	const struct copy_tree *repositories;
	size_t n_repositories;
	const struct copy_tree *base; /* the stage so far; copy_key() does not need it */
	struct timespec time;	      /* of what has none: parents that are made, here-documents */
	struct layer_limits limits;   /* 0: none */
	/*
	 * For copy_step(): what copy_key() returned. It fails if the files changed since; or NULL.
	 */
	const struct digest *key;
};

#endif
