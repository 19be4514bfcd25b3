/*
 * ring.h - a few large buffers between the thread that decompresses and the one that writes.
 */
#ifndef BASE_RING_H
#define BASE_RING_H

#include "base/source.h"

#define RING_SLOTS 4
#define RING_BYTES (1u << 20)

struct ring;

struct ring *ring_new(void);
void ring_free(struct ring *r);

/* Producer: an empty buffer of RING_BYTES, or NULL if the consumer has given up. */
void *ring_produce(struct ring *r);
void ring_produced(struct ring *r, size_t len);
/* Producer: ends the stream, with the error e if it is not NULL. */
void ring_finish(struct ring *r, const struct err *e);

/*
 * Consumer: the next buffer, valid until the next call. Returns its bytes, 0 at the end, or a
 * negative code.
 */
ssize_t ring_consume(struct ring *r, void **ret, struct err *e);
/* Consumer: gives up. */
void ring_abandon(struct ring *r);

#endif
