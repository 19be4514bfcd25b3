/*
 * features.h - the Dev Container Features that a devcontainer.json names.
 */
#ifndef IMAGE_DEVCONTAINER_FEATURES_H
#define IMAGE_DEVCONTAINER_FEATURES_H

#include "image/devcontainer/layers.h"

/* Are there features that must be installed? */
bool features_are_named(const struct layer_json *file);

/* Notes those that are left out. */
void features_note(struct merging *m);

/*
 * Appends what an image with them depends on, and to names those variables of the host that options
 * are made of. Records the files of local ones. checksums gets that of the lock (inside.h).
 */
void features_describe(struct merging *m, const struct layer_json *file, struct buf *out,
		       struct strv *names, struct strv *checksums);

#endif
