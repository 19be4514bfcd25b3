/*
 * reference.h - the name of an image: [registry/]path[:tag][@sha256:...].
 *
 * Grammar and limits are those of the distribution project's reference package, which Docker,
 * podman and skopeo share: the first component is a registry if it has a '.' or ':' or is
 * "localhost"; other names are short, and `registry` of sandbox.conf completes them. On docker.io,
 * one-component paths are in library/.
 */
#ifndef IMAGE_NAME_REFERENCE_H
#define IMAGE_NAME_REFERENCE_H

#include <stdbool.h>

#include "image/name/digest.h"

#define REFERENCE_MAX 255 /* bytes of registry, path and tag together: one file name in refs/ */

struct reference {
	char *registry;	      /* "docker.io", "localhost:5000" */
	char *path;	      /* "library/debian" */
	char *tag;	      /* NULL only if there is a digest and no tag */
	struct digest digest; /* hex "": none */
};

/*
 * Parses text; a short name gets default_registry. Without tag and digest the tag is "latest".
 * ERR_USAGE with a message that says what is wrong with which name. Needs only libc: the launcher
 * uses it too.
 */
int reference_parse(const char *text, const char *default_registry, struct reference *ret,
		    struct err *e);
void reference_clear(struct reference *r);
#define cleanup_reference __attribute__((cleanup(reference_clear)))

/* "registry/path:tag", without the digest: the form of names in refs/. NULL without a tag. */
char *reference_name(const struct reference *r);

/* The whole reference, including the digest. */
char *reference_text(const struct reference *r);

/*
 * The short form: without the default registry and "library/", unless that changed the meaning.
 * name is from reference_name().
 */
char *reference_short(const char *name, const char *default_registry);

/* Converts a name to a file name in refs/ and back: '/' is written '='. */
char *reference_to_file(const char *name);
char *reference_from_file(const char *file);

#endif
