/*
 * build_places.h - the values of --cache-from and --cache-to.
 */
#ifndef CLI_IMAGE_BUILD_PLACES_H
#define CLI_IMAGE_BUILD_PLACES_H

#include "base/mem.h"
#include "build/engine/build_request.h"

struct build_place_list {
	struct build_cache_place *v;
	size_t n;
};

/*
 * "type=registry,ref=NAME", "type=local,src=DIR" (to write: dest=DIR), and mode=min|max to write; a
 * name alone is that of a registry. option: "cache-from" or "cache-to". ERR_USAGE.
 */
int build_places_read(const char *option, const struct strv *words, struct build_place_list *ret,
		      struct err *e);
void build_places_clear(struct build_place_list *l);

#endif
