/*
 * layer_notes.h - limits of a layer, and what must be settled once the layers below exist.
 */
#ifndef IMAGE_LAYER_LAYER_NOTES_H
#define IMAGE_LAYER_LAYER_NOTES_H

#include <stdint.h>

#include "base/mem.h"

struct layer_limits {
	uint64_t max_bytes; /* of the uncompressed stream */
	uint64_t max_entries;
};

/* What layer_settle() has to look at; filled in by layer_unpack(). */
struct layer_notes {
	struct strv implicit;	    /* directories that no entry lists, parents first */
	struct strv whiteouts;	    /* paths hidden from lower layers */
	struct strv opaque;	    /* directories that hide their lower content */
	struct strv links, targets; /* hard links to files that the layer does not have */
};
void layer_notes_clear(struct layer_notes *n);

#endif
