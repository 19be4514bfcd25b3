/*
 * feature_gather.h - from the features that a devcontainer.json names to their files, with those that
 * they depend on.
 */
#ifndef IMAGE_FEATURE_FEATURE_GATHER_H
#define IMAGE_FEATURE_FEATURE_GATHER_H

#include "image/feature/feature.h"
#include "image/name/conf.h"
#include "image/store/store.h"

struct feature_request {
	const struct image_store *store;
	const struct image_conf *conf;
	const char *inside; /* what folders must be in (inside.h); or NULL */
	const char *file;   /* the devcontainer.json */
	const char *text;   /* of it, for numbers of lines */
	json_t *features;   /* ids with their options, variables replaced */
	const json_t *lock; /* the features of devcontainer-lock.json; or NULL */
	const struct strv *override;
};

/* Features with their files, which may be in tmp/ of the store. */
struct feature_set {
	struct feature_list list; /* in the order of installation */
	const struct image_store *store;
	struct strv trees; /* of its tmp/ */
};

/*
 * Fetches what is not here. Features that need Docker are left out; those that others depend on
 * are told. Errors name the feature. Release *ret with feature_set_clear(), on failure too.
 */
int feature_gather(const struct feature_request *req, struct feature_set *ret, struct err *e);
void feature_set_clear(struct feature_set *s);
#define cleanup_feature_set __attribute__((cleanup(feature_set_clear)))

/*
 * The directory that folders of features must be in: .devcontainer of the project. The caller
 * frees it.
 */
char *feature_root(const char *file);

#endif
