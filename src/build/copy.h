/*
 * copy.h - COPY and ADD: the layer that a step makes, and the key by which a cache finds it again.
 *
 * BuildKit decides what is right where the Dockerfile reference is silent. Nothing outside the
 * trees that are given is ever read, whatever symlinks they hold and whoever changes them
 * meanwhile; files of any other type than regular ones are never opened. An error names the
 * Dockerfile, the line and the path.
 */
#ifndef BUILD_COPY_H
#define BUILD_COPY_H

#include <stdbool.h>
#include <stddef.h>
#include <time.h>

#include "base/err.h"
#include "build/ignore.h"
#include "build/steps.h"
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
	const struct copy_tree *base; /* the stage so far; copy_key() does not need it */
	struct timespec time;	      /* of what has none: parents that are made, here-documents */
};

/* What is shared by the steps of a build; may be used by several threads. */
struct copy_session;

/*
 * cache_fd: a directory of the store, where the digests of files are remembered by what identifies
 * a version of them; it is only a cache, and may be emptied at any time. It stays the caller's.
 * Close the session after the build, failed or not: that writes what was learnt.
 */
int copy_session_open(int cache_fd, struct copy_session **ret, struct err *e);
void copy_session_close(struct copy_session *s);

static inline void copy_session_closep(struct copy_session **s)
{
	copy_session_close(*s);
}
#define cleanup_copy_session __attribute__((cleanup(copy_session_closep)))

/*
 * A digest of the step and of the content, names, modes, owners and attributes, but not the times,
 * of what it would copy. What ADD gets by a URL is fetched, and kept for copy_step(). The key says
 * nothing of the stage so far.
 */
int copy_key(struct copy_session *s, const struct copy_request *req, struct digest *ret,
	     struct err *e);

/*
 * Makes the layer in upper_fd, an empty directory of ours of mode 0755, and its sidecar in meta_fd,
 * an empty file of ours, so that overlayfs accepts it on top of req->base. On failure both contain
 * garbage that the caller removes.
 */
int copy_step(struct copy_session *s, const struct copy_request *req, int upper_fd, int meta_fd,
	      struct err *e);

#endif
