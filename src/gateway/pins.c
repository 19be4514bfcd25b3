/*
 * pins.c - which names an address was given for.
 */
#include "gateway/pins.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

#define BUCKETS	 1024
#define PINS_MAX 8192 /* names of 250 bytes: 2.5 MB */

struct pin {
	struct endpoint address; /* port 0 */
	struct pin *next;	 /* in its bucket, in the order in which they came */
	struct pin *older, *newer;
	char name[];
};

static struct pin *table[BUCKETS];
static struct pin *oldest, *newest;
static unsigned n_pins;

static struct pin **bucket(const struct endpoint *address)
{
	struct flow_key key = {.to.addr = address->addr};

	return &table[flow_key_hash(&key) % BUCKETS];
}

static void unlink_age(struct pin *p)
{
	*(p->older ? &p->older->newer : &oldest) = p->newer;
	*(p->newer ? &p->newer->older : &newest) = p->older;
}

static void link_newest(struct pin *p)
{
	p->older = newest;
	p->newer = NULL;
	*(newest ? &newest->newer : &oldest) = p;
	newest = p;
}

static void drop(struct pin *p)
{
	struct pin **at = bucket(&p->address);

	while (*at != p)
		at = &(*at)->next;
	*at = p->next;
	unlink_age(p);
	n_pins--;
	free(p);
}

/* Where the pin is, or the end of its bucket. */
static struct pin **find(const struct endpoint *address, const char *name)
{
	struct pin **at = bucket(address);

	while (*at && !(endpoint_same_addr(&(*at)->address, address) && streq((*at)->name, name)))
		at = &(*at)->next;
	return at;
}

void pins_add(const struct endpoint *address, const char *name)
{
	struct pin **at = find(address, name), *p = *at;
	size_t size = strlen(name) + 1;

	if (p) {
		unlink_age(p);
		link_newest(p);
		return;
	}
	if (n_pins == PINS_MAX) {
		drop(oldest);
		at = find(address, name);
	}
	p = xcalloc(1, sizeof(*p) + size);
	p->address = *address;
	memcpy(p->name, name, size);
	*at = p;
	link_newest(p);
	n_pins++;
}

const char *pins_first(const struct endpoint *address)
{
	for (const struct pin *p = *bucket(address); p; p = p->next)
		if (endpoint_same_addr(&p->address, address))
			return p->name;
	return NULL;
}

void pins_each(const struct endpoint *address, void (*each)(const char *name, void *arg), void *arg)
{
	for (const struct pin *p = *bucket(address); p; p = p->next)
		if (endpoint_same_addr(&p->address, address))
			each(p->name, arg);
}

bool pins_has(const struct endpoint *address, const char *name)
{
	struct pin *p = *find(address, name);

	if (!p)
		return false;
	unlink_age(p);
	link_newest(p);
	return true;
}
