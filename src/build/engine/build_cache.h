/*
 * build_cache.h - layers that steps of other builds have made, maybe on other machines: what
 * --cache-from reads, and --cache-to writes.
 *
 * A cache is a manifest in a registry, or in a directory that is an OCI layout. Its layers are
 * those of steps, and its config, of a media type of its own, says by which keys they are found. So
 * whoever can write there decides what an image that is built from it has.
 */
#ifndef BUILD_ENGINE_BUILD_CACHE_H
#define BUILD_ENGINE_BUILD_CACHE_H

#include "build/engine/build_request.h"
#include "build/engine/build_state.h"
#include "image/layer/install_request.h"
#include "image/store/build_record.h"

#define BUILD_CACHE_RECORDS_MAX 10000
#define BUILD_CACHE_MEDIA_TYPE	"application/vnd.sandbox.buildcache.v1+json"

/* A step whose layer was found or made, or that another build has made. */
struct build_cached {
	struct digest key;
	struct build_record record;
	const struct build_cache_place *from; /* of another build */
};

struct build_cached_list {
	struct build_cached *v;
	size_t n;
};

struct build_cache;

/* Reads what the places of the request have; one that cannot be read is told. */
struct build_cache *build_cache_open(const struct build_request *req);
void build_cache_close(struct build_cache *c);

/*
 * Does a cache know the key? 1, else 0. Its blob is in the store then, or comes by *ret_fetch,
 * which is valid until the next call.
 */
int build_cache_find(struct build_cache *c, const struct digest *key, struct build_record *ret,
		     struct layer_fetch *ret_fetch, struct err *e);

/* A step of this build has this layer. */
void build_cache_note(struct build_cache *c, const struct build_record *record);

/*
 * Writes the layers that were noted, with all their keys, to the places of the request. datafd: the
 * data directory; target: the state of the image.
 */
int build_cache_write(const struct build_cache *c, int datafd, const struct build_state *target,
		      struct err *e);

/* For these two: the layers of a list, each once, to a place. */
int build_cache_send(const struct build_request *req, const struct build_cache_place *to,
		     const struct build_cached_list *list, struct err *e);

/* The cache in a directory: its blobs are opened by digest. */
int build_cache_open_blob(const char *dir, const struct digest *d, int *ret_fd, struct err *e);

#endif
