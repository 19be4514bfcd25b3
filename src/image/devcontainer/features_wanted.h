/*
 * features_wanted.h - what a build takes from a devcontainer.json.
 */
#ifndef IMAGE_DEVCONTAINER_FEATURES_WANTED_H
#define IMAGE_DEVCONTAINER_FEATURES_WANTED_H

#include <jansson.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/mem.h"
#include "build/inside.h"

struct variables; /* variables.h */

struct features_wanted {
	struct buf text;  /* of the file, without comments */
	json_t *features; /* ids with their options, variables replaced */
	json_t *lock;	  /* those of devcontainer-lock.json; or NULL */
	struct strv override;
	json_t *metadata; /* what the label of the image keeps of the file (metadata.h) */
	char *image, *remote_user, *container_user; /* variables replaced; or NULL */
};

#define FEATURES_WANTED_INIT      \
	{                         \
		.text = BUF_INIT, \
	}

/* Reads the file for a build, and its lock. */
int features_read(const struct inside *in, const char *path, struct features_wanted *ret,
		  struct err *e);
void features_clear(struct features_wanted *f);
#define cleanup_features __attribute__((cleanup(features_clear)))

/*
 * A string, or the members of an object, with their variables replaced; the caller releases it.
 * names as in variables_expand().
 */
json_t *features_expand(const struct variables *v, json_t *value, struct strv *names);

/* Appends the ids of overrideFeatureInstallOrder. */
void features_override(const json_t *root, struct strv *out);

#endif
