/*
 * build_bases.h - the images that a build starts from, and their digests in sandbox.lock.
 */
#ifndef CLI_IMAGE_BUILD_BASES_H
#define CLI_IMAGE_BUILD_BASES_H

#include "base/json.h"
#include "build/graph.h"
#include "build/inside.h"
#include "config/lock_file.h"
#include "image/name/conf.h"

/* The value of --lock: the path of a lock. */
int build_bases_read(const struct inside *in, const char *path, struct lock_file *ret,
		     struct err *e);

/*
 * Those that the target's stages name, without a digest: a line each, PLATFORM NAME. What ONBUILD of
 * an image names is not known.
 */
int build_bases_print_wanted(const struct graph *g, const struct image_conf *conf, struct err *e);

/* Those that were used, three words each: a line each, PLATFORM NAME DIGEST. */
void build_bases_print(const struct strv *bases);
void build_bases_json(struct json *j, const struct strv *bases);

#endif
