/*
 * feature_fetch.h - features that are not in the project: artifacts of a registry, tarballs.
 */
#ifndef IMAGE_FEATURE_FEATURE_FETCH_H
#define IMAGE_FEATURE_FEATURE_FETCH_H

#include "image/feature/feature.h"
#include "image/name/conf.h"
#include "image/store/store.h"

/*
 * Finds the files of a feature: sets f->dir and f->digest. With a digest, what has another one is
 * EBADMSG, and what the store has is used without the network. trees gets what the caller removes
 * from tmp/ of the store, also after a failure.
 */
int feature_fetch(const struct image_store *store, const struct image_conf *conf, struct feature *f,
		  struct strv *trees, struct err *e);

#endif
