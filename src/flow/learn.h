/*
 * learn.h - the rules of [network] that a run would have needed.
 *
 * They come from the journal of the network: what was reached, and what was refused, after the
 * beginning. Whatever else the project's boxes did meanwhile is in it, too.
 */
#ifndef FLOW_LEARN_H
#define FLOW_LEARN_H

#include <stdint.h>

#include "base/cleanup.h"
#include "box/record.h"
#include "config/settings.h"
#include "store/store.h"

struct learning {
	int fd;		/* the journal; -1: there is none */
	uint64_t after; /* the number of the last event that does not count */
};

#define LEARNING_INIT    \
	{                \
		.fd = -1 \
	}

/* From now on. b: the box that is about to run; of a project's, only `project` is needed. */
int learn_begin(const struct store *s, const struct box *b, struct learning *ret, struct err *e);

/* The same from the beginning of the journal. */
int learn_all(const struct store *s, const struct box *b, struct learning *ret, struct err *e);

/* Appends the rules, each once, but for those that the settings have. Ends the learning. */
int learn_end(struct learning *l, const struct settings *settings, struct strv *out, struct err *e);

void learn_clear(struct learning *l);
#define cleanup_learning __attribute__((cleanup(learn_clear)))

#endif
