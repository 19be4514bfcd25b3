/*
 * metadata.h - what the label devcontainer.metadata of an image keeps of a devcontainer.json.
 */
#ifndef IMAGE_DEVCONTAINER_METADATA_H
#define IMAGE_DEVCONTAINER_METADATA_H

#include <jansson.h>
#include <stdbool.h>

/*
 * The entry of a file: those of its keys that containers.dev has in "Image Metadata", as they are
 * written, with variables. The caller releases it.
 */
json_t *metadata_of_file(const json_t *root);

/* Is it such an entry, and not a feature's or another program's? */
bool metadata_is_of_file(const json_t *entry);

#endif
