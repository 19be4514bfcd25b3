/*
 * copy_remote.h - what ADD gets by a URL.
 */
#ifndef BUILD_COPY_REMOTE_H
#define BUILD_COPY_REMOTE_H

#include <stdint.h>
#include <time.h>

#include "base/err.h"

/* A file that was fetched. */
struct copy_remote {
	int fd;		       /* its content, without a name */
	char *name;	       /* the last component of the URL's path */
	struct timespec mtime; /* of its Last-Modified; {0} without one, as in Docker */
};

/* What the steps of a build have fetched: each URL once. May be used by several threads. */
struct copy_remotes;

/* tmp_fd: a directory for files without a name; -1: they are in memory. It stays the caller's. */
struct copy_remotes *copy_remotes_new(int tmp_fd);
void copy_remotes_free(struct copy_remotes *r);

/*
 * Fetches the URL, unless a step has. Addresses of this machine, link-local ones and a cloud's
 * metadata are refused. checksum: "sha256:HEX" or NULL; EBADMSG if the content has another. max:
 * bytes; 0: any.
 */
int copy_remotes_get(struct copy_remotes *r, const char *url, const char *checksum, uint64_t max,
		     struct copy_remote *ret, struct err *e);
void copy_remote_clear(struct copy_remote *r);

#endif
