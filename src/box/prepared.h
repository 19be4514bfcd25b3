/*
 * prepared.h - sealed layers of steps, on disk.
 *
 *	DATA/layers/step-<key>/		what one step wrote, an overlay's upper directory
 *	DATA/steps/<key>		the recipe's text up to and with that step, for this image
 *
 * A key is a hash of the text with a slot: two texts of one hash take different slots, and the text
 * itself tells whose layer it is, so that nobody can make a project use another one's.
 */
#ifndef BOX_PREPARED_H
#define BOX_PREPARED_H

#include "base/err.h"
#include "store/store.h"

/* The layer of a text: its path beneath DATA, the caller's to free, or -ENOENT. */
int prepared_find(const struct store *s, const char *text, char **ret_layer, struct err *e);

/*
 * Makes the upper directory of a box that has ended, at `upper` beneath DATA, the layer of a text. Files
 * that the launcher put into it (/etc/hosts, /etc/resolv.conf) go.
 */
int prepared_seal(const struct store *s, const char *text, const char *upper, char **ret_layer,
		  struct err *e);

/* Held while the layer of a text is made: who comes second waits, and is told so by a note. */
int prepared_lock(const struct store *s, const char *text, int *ret_fd, struct err *e);

/* Where what a step says is kept, beneath DATA, by its text or its layer; the caller frees. */
char *prepared_log(const char *text);
char *prepared_layer_log(const char *layer);

/*
 * The log of the step that failed last for a project, which has no layer to be found by; NULL:
 * none has, or all have succeeded since. The caller frees. log NULL: they have.
 */
void prepared_set_failure(const struct store *s, const char *dir, const char *log);
char *prepared_failure(const struct store *s, const char *dir);

/* A layer's name, "layers/step-<key>": nothing else of a record is ever used as one. */
bool prepared_valid(const char *layer);

#endif
