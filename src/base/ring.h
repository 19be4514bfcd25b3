/*
 * ring.h - a few large buffers between the thread that inflates and the one that writes.
 */
#ifndef BASE_RING_H
#define BASE_RING_H

#include "base/source.h"

#define RING_SLOTS 4
#define RING_BYTES (1u << 20)

struct ring;

struct ring *ring_new(void);
void ring_free(struct ring *r);

/* The producer: an empty buffer of RING_BYTES, or NULL when the consumer has given up. */
void *ring_produce(struct ring *r);
void ring_produced(struct ring *r, size_t len);
/* No more is coming: the end when e is NULL, else why. */
void ring_finish(struct ring *r, const struct err *e);

/* The consumer: the next buffer, its own until the next call; 0 at the end, or a negative code. */
ssize_t ring_consume(struct ring *r, void **ret, struct err *e);
/* Nothing more is wanted. */
void ring_abandon(struct ring *r);

#endif
