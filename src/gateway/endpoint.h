/*
 * endpoint.h - an address with a port, of either family.
 */
#ifndef GATEWAY_ENDPOINT_H
#define GATEWAY_ENDPOINT_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>

/* IPv4 is held as a v4-mapped address, RFC 4291 2.5.5.2: one comparison for both. */
struct endpoint {
	struct in6_addr addr;
	in_port_t port; /* network byte order */
};

/* The two ends of a flow, as the box sees it. */
struct flow_key {
	struct endpoint from, to;
};

/* Where an address is in the box's network; setup.c gives the box its own. */
struct endpoint endpoint_ipv4(const void *addr, in_port_t port);
struct endpoint endpoint_ipv6(const void *addr, in_port_t port);

bool endpoint_is_ipv4(const struct endpoint *a);
/* The 4 bytes of an IPv4 address, in network byte order. */
const uint8_t *endpoint_ipv4_bytes(const struct endpoint *a);
bool endpoint_same_addr(const struct endpoint *a, const struct endpoint *b);

bool flow_key_same(const struct flow_key *a, const struct flow_key *b);
uint32_t flow_key_hash(const struct flow_key *key);

/* From and to what socket calls take. An AF_INET6 socket may say v4-mapped. */
struct endpoint endpoint_of(const struct sockaddr_storage *sa);
socklen_t endpoint_sockaddr(const struct endpoint *a, struct sockaddr_storage *ret);

#endif
