/*
 * prepared.h - sealed layers of steps, on disk.
 *
 *	DATA/layers/step-<key>/		what one step wrote, an overlay's upper directory
 *	DATA/steps/<key>		the recipe's text up to and with that step, for this image
 *
 * The key is the text's (store_key). The text is kept to tell a person what the layer is, and for a
 * later format. The record of a box from format 2 has its layers by the names of that format, which
 * are symlinks to the layers.
 */
#ifndef BOX_PREPARED_H
#define BOX_PREPARED_H

#include "base/err.h"
#include "store/store.h"

/* The layer of a text: its path relative to DATA, which the caller frees, or -ENOENT. */
int prepared_find(const struct store *s, const char *text, char **ret_layer, struct err *e);

/*
 * Turns the upper directory of an ended box, at `upper` relative to DATA, into the layer of a text.
 * Removes the files that the launcher put there (/etc/hosts, /etc/resolv.conf).
 */
int prepared_seal(const struct store *s, const char *text, const char *upper, char **ret_layer,
		  struct err *e);

/* To be held while the layer of a text is made: a second process waits, with a note. */
int prepared_lock(const struct store *s, const char *text, int *ret_fd, struct err *e);

/* The path of a step's log relative to DATA, by its text or its layer; the caller frees it. */
char *prepared_log(const char *text);
char *prepared_layer_log(const char *layer);

/*
 * set records the log of the project's last failed step, which has no layer; log NULL: it has
 * succeeded. get returns it; NULL: there is none. The caller frees it.
 */
void prepared_set_failure(const struct store *s, const char *dir, const char *log);
char *prepared_failure(const struct store *s, const char *dir);

/*
 * Is it a layer's name, of this format or of format 2? Nothing else from a record is used as
 * one.
 */
bool prepared_valid(const char *layer);

/*
 * The layer that a name of format 2 refers to; the caller frees it. NULL if it is no symlink, or
 * gone.
 */
char *prepared_target(const struct store *s, const char *layer);

#endif
