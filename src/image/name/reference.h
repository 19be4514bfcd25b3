/*
 * reference.h - the name of an image: [registry/]path[:tag][@sha256:...].
 *
 * Grammar and limits are those of the distribution project's reference package, which Docker,
 * podman and skopeo share: the first component is a registry when it has a '.' or ':' or is
 * "localhost"; other names are short, and `registry` of sandbox.conf says what they mean. With
 * docker.io, one-component paths lie in library/.
 */
#ifndef IMAGE_NAME_REFERENCE_H
#define IMAGE_NAME_REFERENCE_H

#include <stdbool.h>

#include "image/name/digest.h"

#define REFERENCE_MAX 255 /* bytes of registry, path and tag together: one file name in refs/ */

struct reference {
	char *registry;	      /* "docker.io", "localhost:5000" */
	char *path;	      /* "library/debian" */
	char *tag;	      /* NULL only when a digest was given and no tag */
	struct digest digest; /* hex "" : none was given */
};

/*
 * Parses text; a short name gets default_registry. Without tag and digest the tag is "latest".
 * ERR_USAGE with a message that says what is wrong with which name. Links nothing but libc: the
 * launcher uses it too.
 */
int reference_parse(const char *text, const char *default_registry, struct reference *ret,
		    struct err *e);
void reference_clear(struct reference *r);
#define cleanup_reference __attribute__((cleanup(reference_clear)))

/* "registry/path:tag", without the digest; what refs/ are named by. NULL without a tag. */
char *reference_name(const struct reference *r);

/* The whole, with the digest. */
char *reference_text(const struct reference *r);

/*
 * As people write it: without the default registry and "library/", where that still means the same.
 * name is of reference_name().
 */
char *reference_short(const char *name, const char *default_registry);

/* A name as a file name of refs/ and back: '/' is written '='. */
char *reference_to_file(const char *name);
char *reference_from_file(const char *file);

#endif
