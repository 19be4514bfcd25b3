/*
 * feature.h - a Dev Container Feature: what names it, what it is given, and what was found.
 *
 * containers.dev, "Dev Container Features reference".
 */
#ifndef IMAGE_FEATURE_FEATURE_H
#define IMAGE_FEATURE_FEATURE_H

#include <jansson.h>

#include "base/err.h"
#include "base/mem.h"
#include "image/name/digest.h"

#define FEATURE_MAX 200 /* features of a dev container, with those that they depend on */

enum feature_kind {
	FEATURE_FOLDER,	 /* of the project */
	FEATURE_TARBALL, /* by a URL */
	FEATURE_OCI,	 /* an artifact of a registry */
};

struct feature {
	enum feature_kind kind;
	char *id;	/* as it was written */
	char *resource; /* without its version: a path, a URL, or registry/path */
	char *version;	/* a tag, or "" */
	json_t *given;	/* its options as they were written: an object */
	size_t line;	/* of devcontainer.json; 0: unknown */

	/* What was found: */
	char *dir;	      /* its files */
	json_t *doc;	      /* its devcontainer-feature.json */
	struct strv aliases;  /* its id now, and what it was called before */
	struct digest digest; /* of the manifest, or of the tarball; hex "": a folder has none */
	size_t *needs;	      /* of the list: what dependsOn names */
	size_t n_needs;
};

struct feature_list {
	struct feature *v;
	size_t n;
};

void feature_clear(struct feature *f);
void feature_list_clear(struct feature_list *l);
#define cleanup_feature	     __attribute__((cleanup(feature_clear)))
#define cleanup_feature_list __attribute__((cleanup(feature_list_clear)))

/*
 * Reads an id; folder: of devcontainer.json, for ids that are paths. Old ids without a registry get
 * their new ones, and what these are given. options: as written, or NULL. ERR_USAGE.
 */
int feature_name(const char *id, const json_t *options, const char *folder, struct feature *ret,
		 struct err *e);

/* Is it the same one, whatever its version and options? */
bool feature_is(const struct feature *f, const struct feature *other);

/*
 * The order of features that could be installed at the same time: by name, version, options, then
 * digest. 0: installing both would be installing one twice.
 */
int feature_compare(const struct feature *a, const struct feature *b);

/*
 * A feature that brings the engine of containers, or its socket, into a box: a box has none of
 * them, and the feature would fail or be of no use.
 */
bool feature_wants_docker(const struct feature *f);

#endif
