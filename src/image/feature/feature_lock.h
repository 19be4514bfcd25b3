/*
 * feature_lock.h - devcontainer-lock.json: which version of a feature an id means.
 *
 *	{"features": {ID: {"version", "resolved", "integrity": DIGEST, "dependsOn": [ID...]}}}
 *
 * integrity is the digest of the manifest, or of the tarball. Ids are in lower case. The file is that
 * of @devcontainers/cli.
 */
#ifndef IMAGE_FEATURE_FEATURE_LOCK_H
#define IMAGE_FEATURE_FEATURE_LOCK_H

#include "base/buf.h"
#include "image/feature/feature.h"

#define FEATURE_LOCK_MAX (1u << 20)

/* Beside the devcontainer.json; the caller frees it. */
char *feature_lock_path(const char *file);

/* The member "features"; an empty text is an empty lock. EBADMSG. */
int feature_lock_parse(const char *text, size_t len, const char *path, json_t **ret, struct err *e);

/* Sets the digest that the lock has for the feature, if it has one. */
int feature_lock_apply(const json_t *lock, struct feature *f, struct err *e);

/* Appends the ids of the object `features` that the lock lacks, or that those it has depend on. */
void feature_lock_missing(const json_t *lock, json_t *features, struct strv *out);

/* Appends the lock of the list; of old those entries are kept that are not looked up here. */
void feature_lock_format(const struct feature_list *l, json_t *old, json_t *features,
			 struct buf *out);

#endif
