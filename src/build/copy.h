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

#include "base/err.h"
#include "build/copy_request.h"

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
