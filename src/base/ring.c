/*
 * ring.c - see ring.h. One producer, one consumer; each waits only if all buffers are full, or all
 * empty.
 */
#include "base/ring.h"

#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>

#include "base/mem.h"

struct ring {
	char *slots[RING_SLOTS];
	size_t len[RING_SLOTS];
	size_t produced, consumed; /* buffers so far; the difference is the number of full ones */
	bool held;		   /* the consumer still uses its last buffer */
	bool finished, abandoned;
	struct err err; /* code 0: ended without an error */
	pthread_mutex_t lock;
	pthread_cond_t changed;
};

struct ring *ring_new(void)
{
	struct ring *r = xcalloc(1, sizeof(*r));

	for (size_t i = 0; i < RING_SLOTS; i++)
		r->slots[i] = xcalloc(1, RING_BYTES);
	pthread_mutex_init(&r->lock, NULL);
	pthread_cond_init(&r->changed, NULL);
	return r;
}

void ring_free(struct ring *r)
{
	for (size_t i = 0; i < RING_SLOTS; i++)
		free(r->slots[i]);
	pthread_mutex_destroy(&r->lock);
	pthread_cond_destroy(&r->changed);
	free(r);
}

void *ring_produce(struct ring *r)
{
	void *slot = NULL;

	pthread_mutex_lock(&r->lock);
	while (!r->abandoned && r->produced - r->consumed == RING_SLOTS)
		pthread_cond_wait(&r->changed, &r->lock);
	if (!r->abandoned)
		slot = r->slots[r->produced % RING_SLOTS];
	pthread_mutex_unlock(&r->lock);
	return slot;
}

void ring_produced(struct ring *r, size_t len)
{
	pthread_mutex_lock(&r->lock);
	r->len[r->produced++ % RING_SLOTS] = len;
	pthread_cond_signal(&r->changed);
	pthread_mutex_unlock(&r->lock);
}

void ring_finish(struct ring *r, const struct err *e)
{
	pthread_mutex_lock(&r->lock);
	r->finished = true;
	if (e)
		r->err = *e;
	pthread_cond_signal(&r->changed);
	pthread_mutex_unlock(&r->lock);
}

ssize_t ring_consume(struct ring *r, void **ret, struct err *e)
{
	ssize_t n = 0;

	pthread_mutex_lock(&r->lock);
	if (r->held) {
		r->held = false;
		r->consumed++;
		pthread_cond_signal(&r->changed);
	}
	while (!r->finished && r->produced == r->consumed)
		pthread_cond_wait(&r->changed, &r->lock);
	if (r->produced != r->consumed) {
		*ret = r->slots[r->consumed % RING_SLOTS];
		n = (ssize_t)r->len[r->consumed % RING_SLOTS];
		r->held = true;
	} else if (r->err.code) {
		*e = r->err;
		n = -e->code;
	}
	pthread_mutex_unlock(&r->lock);
	return n;
}

void ring_abandon(struct ring *r)
{
	pthread_mutex_lock(&r->lock);
	r->abandoned = true;
	pthread_cond_signal(&r->changed);
	pthread_mutex_unlock(&r->lock);
}
