/*
 * port_value.h - a published port: nothing else parses one.
 *
 *	-p [[ADDRESS:]HOST:]BOX[/udp]		as docker-run(1) has it
 *	HOST = BOX[/udp], ADDRESS:HOST = BOX	in [ports]
 *
 * HOST and BOX are ports, or ranges of the same length (8000-8010). HOST is 0, `auto` or nothing
 * for free ports of the host. An address of IPv6 is in brackets; an empty one is none.
 */
#ifndef CONFIG_PORT_VALUE_H
#define CONFIG_PORT_VALUE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"

#define PORT_TEXT_MAX 96

struct port_value {
	bool udp;
	int family;	  /* AF_INET, AF_INET6; AF_UNSPEC: the host's loopback, in both */
	uint8_t addr[16]; /* in network byte order; of IPv4 the first four */
	uint16_t host;	  /* 0: free ones */
	uint16_t box;
	uint16_t n; /* how many, from these two on */
};

/* The two sides of a line of [ports]. On failure *ret is untouched. */
int port_value_parse(const char *host, const char *box, struct port_value *ret, struct err *e);

/* Splits the value of -p into these. The caller frees them. */
void port_value_split(const char *text, char **ret_host, char **ret_box);

/* The host's side, such as "127.0.0.1:8080", with "auto" for free ones; and that of the box. */
void port_value_host(const struct port_value *p, char dst[static PORT_TEXT_MAX]);
void port_value_box(const struct port_value *p, char dst[static PORT_TEXT_MAX]);

/* Can other machines reach it? Else it is on the loopback. */
bool port_value_is_public(const struct port_value *p);

/* Do they have a port of the host in common? Of free ones no. */
bool port_value_overlaps(const struct port_value *a, const struct port_value *b);

#endif
