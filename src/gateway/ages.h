/*
 * ages.h - a list in the order of last use: what is idle, and what goes first when there is no
 * room.
 */
#ifndef GATEWAY_AGES_H
#define GATEWAY_AGES_H

#include <stdint.h>

/* Embedded in what is in the list; watch_owner() of loop.h finds that. */
struct aged {
	struct aged *older, *newer;
	int64_t used; /* loop_now() */
};

struct ages {
	struct aged *oldest, *newest;
};

/* It is used now. */
void ages_add(struct ages *a, struct aged *x);
void ages_touch(struct ages *a, struct aged *x);

void ages_remove(struct ages *a, struct aged *x);

#endif
