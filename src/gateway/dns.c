/*
 * dns.c - the name server of the box.
 *
 * A query is read, and goes to the host's servers as it is, except for its id: so whatever the host
 * has, as split DNS, DNSSEC or servers on its own loopback, the box has too. The id is a new random
 * one and each query has a socket, so that an answer cannot be guessed even if the box helps. An
 * answer counts if it comes from the server that was asked, with that id and the same question.
 *
 * A query that comes again goes to the next server; so does one whose server refuses. If all
 * refuse, the box is told (SERVFAIL).
 */
#include "gateway/dns.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/mem.h"
#include "gateway/inject.h"
#include "gateway/local_names.h"
#include "gateway/loop.h"
#include "gateway/outside.h"
#include "gateway/verdict.h"

#define BUCKETS	    256
#define QUERIES_MAX 1024
#define DNS_PORT    53

struct query {
	struct watch watch;
	struct flow_key key;
	uint16_t client_id;
	unsigned attempt, refused;
	int fd; /* to the server; -1: none */
	bool done;
	int64_t asked;
	struct query *next;	     /* in its bucket, or among those to be freed */
	struct query *older, *newer; /* by the time when they began */
	size_t len;
	uint8_t message[]; /* with our id */
};

static struct gateway_servers servers;
static struct query *table[BUCKETS];
static struct query *oldest, *newest, *done;
static unsigned n_queries;
static uint8_t buffer[DNS_MESSAGE_MAX];

void dns_set_servers(const struct gateway_servers *s)
{
	servers = *s;
}

bool dns_server(unsigned attempt, struct endpoint *ret)
{
	if (servers.n == 0)
		return false;
	*ret = servers.at[attempt % servers.n];
	return true;
}

unsigned dns_servers(void)
{
	return servers.n;
}

bool dns_is_server(const struct endpoint *to)
{
	char own4[16], own6[16];
	struct endpoint a, b;

	if (to->port != htons(DNS_PORT))
		return false;
	inet_pton(AF_INET, GATEWAY_IPV4, own4);
	inet_pton(AF_INET6, GATEWAY_IPV6, own6);
	a = endpoint_ipv4(own4, 0);
	b = endpoint_ipv6(own6, 0);
	return endpoint_same_addr(to, &a) || endpoint_same_addr(to, &b);
}

void dns_renumber(uint8_t *query)
{
	(void)!getrandom(query, sizeof(uint16_t), 0);
}

/* Nothing is asked that is not allowed: a question is a message, too. */
static bool answer_here(const struct dns_question *q, struct local_answer *ret)
{
	if (local_names_own(q, ret))
		return true;
	if (!verdict_of_question(q)) {
		/*
		 * REFUSED and SERVFAIL would let programs try again, and say "temporary failure".
		 */
		*ret = (struct local_answer){.code = DNS_NO_NAME};
		return true;
	}
	if (!local_names_host(q, ret))
		return false;
	if (ret->has_address)
		verdict_pin(&ret->address, q->name);
	return true;
}

enum dns_way dns_decide(const uint8_t *query, size_t len, struct dns_question *ret, uint8_t *out,
			size_t *ret_len)
{
	struct local_answer a = {0};

	if (!dns_read_query(query, len, ret, &a.code))
		return DNS_DROP;
	if (a.code == DNS_OK && !answer_here(ret, &a))
		return DNS_FORWARD;
	*ret_len = dns_build_answer(query, ret, a.code, a.has_address ? &a.address : NULL, out);
	return DNS_ANSWER;
}

bool dns_accept(const uint8_t *query, size_t query_len, uint8_t *data, size_t *len)
{
	struct dns_addresses found;
	struct dns_question q;
	enum dns_code code;

	if (!dns_read_answer(data, *len, query, query_len, &found))
		return false;
	dns_read_query(query, query_len, &q, &code);
	for (size_t i = 0; i < found.n; i++)
		if (!verdict_of_answer(&found.at[i], q.name)) {
			*len = dns_build_answer(query, &q, DNS_NO_NAME, NULL, data);
			return true;
		}
	for (size_t i = 0; i < found.n; i++)
		verdict_pin(&found.at[i], q.name);
	return true;
}

static struct query **find(const struct flow_key *key, uint16_t id)
{
	struct query **q = &table[(flow_key_hash(key) ^ id) % BUCKETS];

	while (*q && !((*q)->client_id == id && flow_key_same(&(*q)->key, key)))
		q = &(*q)->next;
	return q;
}

static void hang_up(struct query *q)
{
	if (q->fd < 0)
		return;
	close_fd(&q->fd);
	loop_give_fds(1);
}

static void end(struct query *q)
{
	struct query **at = find(&q->key, q->client_id);

	*at = q->next;
	*(q->older ? &q->older->newer : &oldest) = q->newer;
	*(q->newer ? &q->newer->older : &newest) = q->older;
	hang_up(q);
	n_queries--;
	q->done = true;
	q->next = done;
	done = q;
}

static void answer(struct query *q, uint8_t *data, size_t len)
{
	memcpy(data, &q->client_id, sizeof(q->client_id));
	inject_udp(&q->key, data, len);
	end(q);
}

static void fail(struct query *q)
{
	struct dns_question question;
	enum dns_code ignored;

	if (dns_read_query(q->message, q->len, &question, &ignored))
		answer(q, buffer,
		       dns_build_answer(q->message, &question, DNS_FAILED, NULL, buffer));
	else
		end(q);
}

/* Asks the server whose turn it is; those that refuse are passed over. */
static void ask(struct query *q)
{
	struct endpoint to;

	hang_up(q);
	while (q->refused < servers.n && dns_server(q->attempt, &to)) {
		if (!loop_take_fds(FDS_NAMES, 1))
			return;
		q->fd = outside_connect(SOCK_DGRAM, &to);
		if (q->fd >= 0 && loop_add(q->fd, EPOLLIN, &q->watch) &&
		    send(q->fd, q->message, q->len, MSG_DONTWAIT | MSG_NOSIGNAL) >= 0)
			return;
		if (q->fd < 0)
			loop_give_fds(1);
		hang_up(q);
		q->attempt++;
		q->refused++;
	}
	fail(q);
}

static void on_server(struct watch *w, uint32_t events)
{
	struct query *q = watch_owner(w, struct query, watch);
	size_t len;
	ssize_t n;

	(void)events;
	if (q->done || q->fd < 0)
		return;
	while ((n = recv(q->fd, buffer, sizeof(buffer), MSG_DONTWAIT)) >= 0) {
		len = (size_t)n;
		if (dns_accept(q->message, q->len, buffer, &len)) {
			answer(q, buffer, len);
			return;
		}
	}
	if (errno == EAGAIN)
		return;
	q->attempt++;
	q->refused++;
	ask(q);
}

static struct query *add(const struct flow_key *key, const uint8_t *data, size_t len)
{
	struct query *q = xcalloc(1, sizeof(*q) + len), **at;

	if (n_queries == QUERIES_MAX)
		end(oldest);
	q->watch.ready = on_server;
	q->key = *key;
	q->fd = -1;
	q->asked = loop_now();
	q->len = len;
	memcpy(q->message, data, len);
	memcpy(&q->client_id, data, sizeof(q->client_id));
	dns_renumber(q->message);
	at = find(key, q->client_id);
	q->next = *at;
	*at = q;
	q->older = newest;
	*(newest ? &newest->newer : &oldest) = q;
	newest = q;
	n_queries++;
	return q;
}

/* The same question again, on the same socket of the box. */
static bool is_repeated(const struct query *q, const uint8_t *data, size_t len)
{
	return q && q->len == len &&
	       memcmp(q->message + sizeof(q->client_id), data + sizeof(q->client_id),
		      len - sizeof(q->client_id)) == 0;
}

void dns_datagram(const struct flow_key *key, const uint8_t *data, size_t len)
{
	static uint8_t out[DNS_MESSAGE_MAX];
	struct dns_question question;
	struct query *q;
	size_t out_len;

	switch (dns_decide(data, len, &question, out, &out_len)) {
	case DNS_DROP:
		return;
	case DNS_ANSWER:
		inject_udp(key, out, out_len);
		return;
	case DNS_FORWARD:
		break;
	}
	q = *find(key, question.id);
	if (is_repeated(q, data, len)) {
		q->attempt++;
		q->refused = 0;
	} else {
		if (q)
			end(q);
		q = add(key, data, len);
	}
	ask(q);
}

bool dns_waits(void)
{
	return n_queries > 0;
}

void dns_continue(void)
{
	struct query *q, *next;

	for (q = take_ptr(done); q; q = next) {
		next = q->next;
		free(q);
	}
}

void dns_sweep(void)
{
	struct query *q, *next;

	for (q = oldest; q; q = next) {
		next = q->newer;
		if (loop_now() - q->asked >= DNS_WAIT_MS)
			end(q);
	}
}
