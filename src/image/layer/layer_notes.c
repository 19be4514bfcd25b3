/*
 * layer_notes.c - what must be settled once the layers below exist.
 */
#include "image/layer/layer_notes.h"

void layer_notes_clear(struct layer_notes *n)
{
	strv_clear(&n->implicit);
	strv_clear(&n->whiteouts);
	strv_clear(&n->opaque);
	strv_clear(&n->links);
	strv_clear(&n->targets);
}
