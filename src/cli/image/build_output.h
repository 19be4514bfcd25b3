/*
 * build_output.h - where a built image goes, besides the store: the values of --output.
 */
#ifndef CLI_IMAGE_BUILD_OUTPUT_H
#define CLI_IMAGE_BUILD_OUTPUT_H

#include <stdbool.h>

#include "base/mem.h"
#include "image/name/digest.h"
#include "image/store/store.h"

struct build_output {
	enum { OUTPUT_IMAGE, OUTPUT_OCI, OUTPUT_DOCKER, OUTPUT_TAR, OUTPUT_LOCAL } type;
	char *dest; /* a file, "-" for the standard output, or a directory; NULL of an image */
	char *name; /* of the image; or NULL */
};

struct build_output_list {
	struct build_output *v;
	size_t n;
};

/*
 * "type=image|oci|docker|tar|local,dest=PATH,name=NAME"; a path alone is that of a directory, "-"
 * a tar on the standard output. ERR_USAGE.
 */
int build_output_read(const struct strv *words, struct build_output_list *ret, struct err *e);
void build_output_clear(struct build_output_list *l);

/* Does one of them write to the standard output? */
bool build_output_is_stdout(const struct build_output_list *l);

/* name: of the image, in the form of ref_name(), unless the output has one; NULL: it has none. */
int build_output_write(const struct build_output_list *l, const struct image_store *store,
		       const struct digest *manifest, const char *name, struct err *e);

#endif
