/*
 * pins.c - which names an address was given for.
 *
 * Only addresses and names are in the shared memory. How they are found is this process's own, and
 * made again from them by the next gateway: one that was killed while it changed a list, or that
 * wrote there what it liked, can leave no list that has no end.
 */
#include "gateway/pins.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "base/mem.h"
#include "netpolicy/rule.h"

#define BUCKETS	 1024
#define PINS_MAX 8192	    /* of 272 bytes: 2.2 MB */
#define TORN	 UINT16_MAX /* the length of a name that is being written */

struct pins {
	struct {
		struct in6_addr addr;
		uint16_t len; /* of the name, written last; 0: there is none */
		char name[NET_NAME_MAX];
	} at[PINS_MAX];
};

/* Of each, by its number in the memory from 1 on; 0: none. */
static struct {
	uint16_t next;	       /* in its bucket, in the order in which they came */
	uint16_t older, newer; /* in the order of last use */
} links[PINS_MAX + 1];

static struct pins *pins;
static uint16_t table[BUCKETS];
static uint16_t oldest, newest, n_pins;

struct pins *pins_map(void)
{
	void *p = mmap(NULL, sizeof(struct pins), PROT_READ | PROT_WRITE,
		       MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	return p == MAP_FAILED ? NULL : p;
}

void pins_unmap(struct pins *p)
{
	if (p)
		munmap(p, sizeof(*p));
}

static const char *name_of(uint16_t p)
{
	return pins->at[p - 1].name;
}

static uint16_t *bucket(const struct in6_addr *addr)
{
	struct flow_key key = {.to.addr = *addr};

	return &table[flow_key_hash(&key) % BUCKETS];
}

static void unlink_age(uint16_t p)
{
	uint16_t older = links[p].older, newer = links[p].newer;

	*(older ? &links[older].newer : &oldest) = newer;
	*(newer ? &links[newer].older : &newest) = older;
}

static void link_newest(uint16_t p)
{
	links[p].older = newest;
	links[p].newer = 0;
	*(newest ? &links[newest].newer : &oldest) = p;
	newest = p;
}

/* Its place in its bucket is at the end. */
static void link_pin(uint16_t p)
{
	uint16_t *at = bucket(&pins->at[p - 1].addr);

	while (*at)
		at = &links[*at].next;
	links[p].next = 0;
	*at = p;
	link_newest(p);
}

static void unlink_pin(uint16_t p)
{
	uint16_t *at = bucket(&pins->at[p - 1].addr);

	while (*at != p)
		at = &links[*at].next;
	*at = links[p].next;
	unlink_age(p);
}

/* The next one of that address: the first, if `after` is 0. Returns 0 at the end. */
static uint16_t next_of(const struct endpoint *address, uint16_t after)
{
	uint16_t p = after ? links[after].next : *bucket(&address->addr);

	while (p && memcmp(&pins->at[p - 1].addr, &address->addr, sizeof(address->addr)) != 0)
		p = links[p].next;
	return p;
}

static uint16_t find(const struct endpoint *address, const char *name)
{
	uint16_t p = next_of(address, 0);

	while (p && !streq(name_of(p), name))
		p = next_of(address, p);
	return p;
}

/* Another process may read it, if this one is killed between any two of these. */
static void write_pin(uint16_t p, const struct endpoint *address, const char *name)
{
	size_t len = strlen(name);

	__atomic_store_n(&pins->at[p - 1].len, TORN, __ATOMIC_SEQ_CST);
	pins->at[p - 1].addr = address->addr;
	memcpy(pins->at[p - 1].name, name, len + 1);
	__atomic_store_n(&pins->at[p - 1].len, (uint16_t)len, __ATOMIC_SEQ_CST);
}

static bool is_whole(uint16_t p)
{
	size_t len = pins->at[p - 1].len;

	return len < NET_NAME_MAX && strnlen(name_of(p), NET_NAME_MAX) == len;
}

void pins_init(struct pins *p)
{
	memset(table, 0, sizeof(table));
	oldest = newest = n_pins = 0;
	pins = p ? p : xcalloc(1, sizeof(*p));
	/* The first one that was never used is the end: looking further would take memory. */
	while (n_pins < PINS_MAX && pins->at[n_pins].len)
		if (is_whole(++n_pins))
			link_pin(n_pins);
}

void pins_add(const struct endpoint *address, const char *name)
{
	uint16_t p = find(address, name);

	if (p) {
		unlink_age(p);
		link_newest(p);
		return;
	}
	if (!*name)
		return;
	if (n_pins < PINS_MAX)
		p = ++n_pins;
	else
		unlink_pin(p = oldest);
	write_pin(p, address, name);
	link_pin(p);
}

const char *pins_first(const struct endpoint *address)
{
	uint16_t p = next_of(address, 0);

	return p ? name_of(p) : NULL;
}

void pins_each(const struct endpoint *address, void (*each)(const char *name, void *arg), void *arg)
{
	for (uint16_t p = next_of(address, 0); p; p = next_of(address, p))
		each(name_of(p), arg);
}

bool pins_has(const struct endpoint *address, const char *name)
{
	uint16_t p = find(address, name);

	if (!p)
		return false;
	unlink_age(p);
	link_newest(p);
	return true;
}
