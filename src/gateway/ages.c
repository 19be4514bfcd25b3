/*
 * ages.c - a list in the order of last use.
 */
#include "gateway/ages.h"

#include <stddef.h>

#include "gateway/loop.h"

void ages_add(struct ages *a, struct aged *x)
{
	x->used = loop_now();
	x->older = a->newest;
	x->newer = NULL;
	*(a->newest ? &a->newest->newer : &a->oldest) = x;
	a->newest = x;
}

void ages_remove(struct ages *a, struct aged *x)
{
	*(x->older ? &x->older->newer : &a->oldest) = x->newer;
	*(x->newer ? &x->newer->older : &a->newest) = x->older;
}

void ages_touch(struct ages *a, struct aged *x)
{
	ages_remove(a, x);
	ages_add(a, x);
}
