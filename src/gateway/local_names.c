/*
 * local_names.c - names that the gateway itself answers for.
 *
 * Programs that read the box's own hosts(5) never ask for these; the others (dig, resolvers of
 * their own) do, and so does everything after the host's file has changed.
 */
#include "gateway/local_names.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/mem.h"
#include "gateway/contract.h"
#include "gateway/linked.h"
#include "gateway/names.h"
#include "gateway/setup_link.h"

#define HOSTS_MAX (1u << 20) /* a larger file is a block list */
#define READ_SIZE (16u << 10)
#define ZONE	  "sandbox"

struct entry {
	const char *name; /* in `text` */
	struct endpoint address;
	size_t line; /* the first one counts */
};

static char *text;
static struct entry *entries; /* by name, family, line */
static size_t n_entries, room;

static void add(const char *name, const struct endpoint *address, size_t line)
{
	if (n_entries == room) {
		room = room ? 2 * room : 16;
		entries = xrealloc(entries, room, sizeof(*entries));
	}
	entries[n_entries++] = (struct entry){name, *address, line};
}

static int by_name(const void *a, const void *b)
{
	const struct entry *x = a, *y = b;
	int order = strcmp(x->name, y->name);

	if (order == 0)
		order = endpoint_is_ipv4(&y->address) - endpoint_is_ipv4(&x->address);
	return order ? order : (x->line > y->line) - (x->line < y->line);
}

static bool parse_address(const char *word, struct endpoint *ret)
{
	uint8_t addr[16];

	if (inet_pton(AF_INET, word, addr) == 1) {
		*ret = endpoint_ipv4(addr, 0);
		return addr[0] != IN_LOOPBACKNET;
	}
	if (inet_pton(AF_INET6, word, addr) != 1)
		return false;
	*ret = endpoint_ipv6(addr, 0);
	return !IN6_IS_ADDR_LOOPBACK(&ret->addr);
}

static void parse_line(char *line, size_t number)
{
	char *rest, *word = strtok_r(line, " \t\r", &rest);
	struct endpoint address;

	if (!word || !parse_address(word, &address))
		return;
	while ((word = strtok_r(NULL, " \t\r", &rest))) {
		for (char *c = word; *c; c++)
			*c = (char)tolower((unsigned char)*c);
		add(word, &address, number);
	}
}

void local_names_parse(const char *new_text)
{
	size_t number = 0;
	char *rest, *line;

	free(text);
	text = xstrdup(new_text);
	n_entries = 0;
	for (rest = text; (line = strsep(&rest, "\n"));) {
		line[strcspn(line, "#")] = '\0';
		parse_line(line, number++);
	}
	if (n_entries)
		qsort(entries, n_entries, sizeof(*entries), by_name);
}

/* By read(2) alone, which the gateway's filter allows. */
void local_names_read(int fd)
{
	cleanup_buf struct buf content = BUF_INIT;
	cleanup_close int file = fd;
	ssize_t n = file < 0 ? 0 : 1;

	while (n > 0 && content.len <= HOSTS_MAX) {
		buf_reserve(&content, READ_SIZE);
		n = read(file, content.data + content.len, READ_SIZE);
		content.len += n > 0 ? (size_t)n : 0;
	}
	buf_addch(&content, '\0');
	local_names_parse(content.len <= HOSTS_MAX ? content.data : "");
}

/* The first entry of a name, or NULL. */
static const struct entry *find(const char *name)
{
	size_t low = 0, high = n_entries;

	while (low < high) {
		size_t middle = (low + high) / 2;

		if (strcmp(entries[middle].name, name) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low < n_entries && streq(entries[low].name, name) ? &entries[low] : NULL;
}

static struct local_answer answer_ipv4(const struct dns_question *q, const char *text_address)
{
	struct local_answer a = {.has_address = q->type == DNS_A};
	uint8_t addr[4];

	inet_pton(AF_INET, text_address, addr);
	a.address = endpoint_ipv4(addr, 0);
	return a;
}

/* NAME or NAME.project.sandbox. */
static unsigned find_service(const char *name)
{
	size_t len = strlen(name);

	return names_find(name,
			  ends_with(name, "." GATEWAY_ZONE) ? len - strlen("." GATEWAY_ZONE) : len);
}

bool local_names_own(const struct dns_question *q, struct local_answer *ret)
{
	unsigned number = find_service(q->name);
	struct endpoint linked;

	if (number)
		*ret = answer_ipv4(q, link_address(number).ipv4);
	else if (streq(q->name, GATEWAY_NAME))
		*ret = answer_ipv4(q, GATEWAY_IPV4);
	else if (linked_find(q->name, &linked))
		*ret = (struct local_answer){.has_address = q->type == DNS_A, .address = linked};
	else if (streq(q->name, ZONE) || ends_with(q->name, "." ZONE)) /* no server is asked */
		*ret = (struct local_answer){.code = DNS_NO_NAME};
	else
		return false;
	return true;
}

bool local_names_host(const struct dns_question *q, struct local_answer *ret)
{
	const struct entry *e;

	if (q->type != DNS_A && q->type != DNS_AAAA && q->type != DNS_HTTPS)
		return false;
	e = find(q->name);
	if (!e)
		return false;
	*ret = (struct local_answer){.code = DNS_OK};
	for (; e < entries + n_entries && streq(e->name, q->name) && !ret->has_address; e++)
		if (q->type == (endpoint_is_ipv4(&e->address) ? DNS_A : DNS_AAAA)) {
			ret->has_address = true;
			ret->address = e->address;
		}
	return true;
}
