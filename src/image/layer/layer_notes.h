/*
 * layer_notes.h - how much a layer may hold, and what of it is to be settled when those below are there.
 */
#ifndef IMAGE_LAYER_LAYER_NOTES_H
#define IMAGE_LAYER_LAYER_NOTES_H

#include <stdint.h>

#include "base/mem.h"

struct layer_limits {
	uint64_t max_bytes; /* of the unpacked stream */
	uint64_t max_entries;
};

/* What layer_settle() has to look at; filled by layer_unpack(). */
struct layer_notes {
	struct strv implicit;  /* directories made because an entry lies in them, parents first */
	struct strv whiteouts; /* paths hidden from lower layers */
	struct strv opaque;    /* directories whose lower content is hidden */
	struct strv links, targets; /* hard links to what the layer does not have */
};
void layer_notes_clear(struct layer_notes *n);

#endif
