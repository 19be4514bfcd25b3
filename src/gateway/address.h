/*
 * address.h - the addresses and names in the networks of a project.
 */
#ifndef GATEWAY_ADDRESS_H
#define GATEWAY_ADDRESS_H

/*
 * The addresses of a box, which ends in the number of its network, and of its gateway, which is its
 * name server: those of slirp4netns(1), which people know. They mean something in the project only.
 */
#define NETWORK_IPV4 "10.0.2."
#define NETWORK_IPV6 "fd00:2::"
#define GATEWAY_IPV4 NETWORK_IPV4 "2"
#define GATEWAY_IPV6 NETWORK_IPV6 "2"
#define GATEWAY_NAME "host.sandbox"
#define GATEWAY_ZONE "project.sandbox" /* has the project's services, as their names alone */

#define NETWORK_NAME_MAX 63 /* a label of DNS, RFC 1035 2.3.4 */
#define NETWORK_ALIASES	 16

/* Other names of a network in its project; the first "" ends them. */
struct network_aliases {
	char name[NETWORK_ALIASES][NETWORK_NAME_MAX + 1];
};

enum {
	NETWORK_SHARED = 15, /* the number of the one that the project's boxes share */
	NETWORK_FIRST = 128, /* those of services: the upper half */
	NETWORK_LAST = 254,
	NETWORK_PREFIX = 25, /* of the upper half */
};

#endif
