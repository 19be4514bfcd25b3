/*
 * contract.h - what the holder of a project's networks is given, and what it says.
 *
 * The holder, sandbox-gateway, is one process a project. It keeps the project's user namespace and
 * the networks in it: the one that the project's boxes share, and those of single services. Each
 * network has a gateway, a child of the holder, that carries its traffic. A network lasts as long as
 * the boxes in it, and the holder as long as there is a network.
 *
 * Descriptors, the same in each run; there are no arguments and no environment:
 *
 *	GATEWAY_LISTEN_FD	a listening SOCK_SEQPACKET socket; its name is in the next
 *	GATEWAY_CACHE_FD	a directory that ends with the boot
 *	GATEWAY_FOUNDER_FD	the connection of the launcher that has started it
 *
 * Other launchers connect, once for each box. With the descriptors that are named (channel.h):
 *
 *	launcher				holder
 *	struct gateway_join ------------------>
 *	struct gateway_links ----------------->	if it has_links (link.h)
 *	struct netpolicy, its netpolicy_size() bytes ->
 *	     <---------------- struct gateway_answer + user namespace, network namespace
 *	byte + user namespace, network namespace ->	only if one of them was missing: it is made
 *						by the launcher, and others wait meanwhile
 *	struct gateway_port + socket of the host ->	for each port that leads to the box; no socket:
 *						`localhost`, which the holder listens on
 *	byte + pidfd of pid 1 ---------------->
 *	     <---------------- struct gateway_answer: the network is up
 *
 * Others ask about a box, or add to it: port.h.
 *
 * The one that has started the holder gets no first answer: nothing was there. It does not connect,
 * since another could be faster. An answer with another code than 0 ends the exchange. A connection
 * that ends before the pidfd was sent gives up its place. A connection that ends before the first
 * answer has met a holder that was about to end: the launcher starts another one.
 */
#ifndef GATEWAY_CONTRACT_H
#define GATEWAY_CONTRACT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "gateway/address.h"
#include "gateway/endpoint.h"
#include "gateway/link.h"
#include "gateway/port.h"
#include "netpolicy/netpolicy.h"

#define GATEWAY_PROGRAM "sandbox-gateway"

enum {
	GATEWAY_LISTEN_FD = 3,
	GATEWAY_CACHE_FD,
	GATEWAY_FOUNDER_FD,
	GATEWAY_END_FD, /* one more than the last */
};

#define GATEWAY_VERSION	    5 /* of this exchange */
#define GATEWAY_MAX_SERVERS 3 /* MAXNS of resolver(3) */
#define GATEWAY_BOX_MAX	    31

enum gateway_purpose { GATEWAY_JOIN, GATEWAY_LIST, GATEWAY_ADD, GATEWAY_LINK };
enum gateway_driver { DRIVER_GATEWAY, DRIVER_PASTA };

/* In the directory that ends with the boot: why this machine can have no gateway; not tried again. */
#define GATEWAY_MISSING "gateway-missing"

struct gateway_join {
	uint32_t version;
	enum gateway_purpose purpose;
	uint32_t has_links;		 /* struct gateway_links follows */
	enum gateway_driver driver;	 /* what carries its traffic */
	uint32_t forward;		 /* what listens in the box appears on the host */
	uint32_t publishes;		 /* struct gateway_port will follow */
	char box[GATEWAY_BOX_MAX + 1];	 /* its id */
	char name[NETWORK_NAME_MAX + 1]; /* "": the network that is shared */
	struct network_aliases aliases;
};

struct gateway_answer {
	struct err err;	 /* of code 0, its message is one for the user; "": none */
	uint32_t number; /* 10.0.2.NUMBER is the box's address */
};

/* What the holder tells a gateway, with hosts(5), at its start and whenever it has changed. */
struct gateway_servers {
	unsigned n;
	struct endpoint at[GATEWAY_MAX_SERVERS];
};

/* The project's network of that name has that number, from now on. */
struct gateway_name {
	char name[NETWORK_NAME_MAX + 1];
	uint32_t number;
};

enum gateway_order_type {
	ORDER_PROJECT, /* + user namespace, network namespace: begin */
	ORDER_SERVERS,
	ORDER_NAME,	   /* that network has no aliases, from now on */
	ORDER_ALIAS,	   /* another name of it */
	ORDER_PORT,	   /* + a socket of the host */
	ORDER_NO_PORT,	   /* of that id */
	ORDER_POLICY,	   /* the next message is a struct netpolicy */
	ORDER_LINKED,	   /* a network of a linked project: link.h */
	ORDER_LINK_SOCKET, /* + a socket in that */
	ORDER_FORWARD,	   /* tell what listens: struct gateway_listening */
};

struct gateway_order {
	enum gateway_order_type type;
	union {
		struct gateway_servers servers;
		struct gateway_name name;
		struct gateway_port port;
		struct gateway_linked linked;
	};
};

#endif
