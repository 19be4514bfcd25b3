/*
 * registry.h - a client of the OCI distribution protocol (distribution-spec 1.1), by libcurl.
 *
 * A `struct registry` is for one repository of one server; several threads may use it. It
 * authenticates as the server asks (auth.h), keeps tokens for its own host and repository only,
 * follows redirects without sending credentials to another host, and retries temporary failures
 * (429, 5xx, broken connections) with back-off and jitter, honouring Retry-After.
 *
 * Refuses answers beyond the expected size, stalls (under 1 KiB/s for stall-timeout), more than 10
 * redirects, redirects from https to http, protocols other than http and https, and bytes that do
 * not match their digest.
 */
#ifndef IMAGE_REGISTRY_REGISTRY_H
#define IMAGE_REGISTRY_REGISTRY_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "image/name/conf.h"
#include "image/name/digest.h"
#include "image/name/reference.h"

struct registry;

enum registry_access { REGISTRY_PULL, REGISTRY_PUSH };

/*
 * Makes no request yet. endpoint: "host[:port]" or "host[:port]/prefix" of a mirror; NULL: the
 * reference's own registry (docker.io is registry-1.docker.io). Tries plain HTTP where conf says
 * insecure, and on loopback.
 */
int registry_open(const struct image_conf *conf, const struct reference *ref, const char *endpoint,
		  enum registry_access access, struct registry **ret, struct err *e);
void registry_close(struct registry *r);

/* "registry/path", for messages; the caller frees it. */
char *registry_label(const struct registry *r);

/*
 * Asks, by HEAD, which digest a tag has now. -ENOENT: no such tag. -ENOTSUP: the server does not
 * say (no Docker-Content-Digest): use registry_manifest().
 */
int registry_digest(struct registry *r, const char *tag, struct digest *ret, struct err *e);

/*
 * Fetches a manifest or index by tag or "sha256:...", at most MANIFEST_MAX_BYTES. ret_type is the
 * media type without parameters; the caller frees it. With a digest, the bytes are checked against
 * it.
 */
int registry_manifest(struct registry *r, const char *tag_or_digest, struct buf *ret_body,
		      char **ret_type, struct digest *ret_digest, struct err *e);

/*
 * Fetches a blob from byte offset on, calling sink() with pieces in order; resumes where it
 * stopped, also within one call if the connection breaks. size is that of the whole blob: sink
 * never gets more. If the server cannot or will not resume, restart() (NULL: an error) is called
 * and everything comes again from byte 0. sink returns 0 or a negative code with e set.
 */
struct blob_sink {
	int (*data)(void *ctx, const void *data, size_t len, struct err *e);
	int (*restart)(void *ctx, struct err *e);
	void *ctx;
};
int registry_blob(struct registry *r, const struct digest *d, uint64_t offset, uint64_t size,
		  const struct blob_sink *sink, struct err *e);

/* A small blob as a whole, in place of what out had; EBADMSG if its digest is another one. */
int registry_text(struct registry *r, const struct digest *d, uint64_t size, struct buf *out,
		  struct err *e);

/*
 * For pushing. This only saves uploads, so it fails only if interrupted: *ret is false if the
 * server does not say, or refuses.
 */
int registry_has_blob(struct registry *r, const struct digest *d, bool *ret, struct err *e);
/*
 * Tries to mount the blob from another repository of the same server; *ret says whether it worked.
 */
int registry_mount_blob(struct registry *r, const struct digest *d, const char *from_path,
			bool *ret, struct err *e);
/*
 * Uploads the content of fd from its beginning; progress may be NULL and is called from this
 * thread.
 */
int registry_put_blob(struct registry *r, const struct digest *d, int fd, uint64_t size,
		      void (*progress)(void *ctx, uint64_t done), void *ctx, struct err *e);
int registry_put_manifest(struct registry *r, const char *tag_or_digest, const char *media_type,
			  const void *body, size_t len, struct err *e);

/* Checks user and password with the server (GET /v2/), for login; host in any spelling. */
int registry_check_login(const struct image_conf *conf, const char *host, const char *user,
			 const char *password, struct err *e);

/* For Ctrl-C: every transfer of the process ends soon with -EINTR. Async-signal-safe. */
void registry_interrupt(void);
bool registry_interrupted(void);

#endif
