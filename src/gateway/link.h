/*
 * link.h - what two projects that name each other (`links`) have of each other, as launchers,
 * holders and gateways tell it.
 *
 * A launcher sends its project's links to the holder. A holder connects to those of the linked
 * projects, and says who it is; one whose project does not name that project hangs up. The other
 * sends the namespaces of its networks, as long as they are up:
 *
 *	holder					holder of a linked project
 *	struct gateway_join (LINK) ----------->
 *	struct gateway_peer ------------------>
 *	     <---------------- struct gateway_name + user namespace, network namespace
 *	     <---------------- struct gateway_name, without them: it has ended
 *
 * So a holder can make sockets in the other project's networks, which its gateways connect. The
 * other way is a connection of its own.
 */
#ifndef GATEWAY_LINK_H
#define GATEWAY_LINK_H

#include <stdint.h>

#include "gateway/address.h"

#define LINKS_MAX	8
#define LINK_SOCKET_MAX 79			   /* of the name of a holder's socket */
#define LINK_NAME_MAX	(2 * NETWORK_NAME_MAX + 1) /* SERVICE.PROJECT */
#define LINK_SOCKETS	16			   /* that a gateway has for each network */

/* The address of a linked project's network is 198.18.LINK.NUMBER (RFC 2544: never routed). */
#define LINK_NET_0 198
#define LINK_NET_1 18

struct gateway_link_to {
	char socket[LINK_SOCKET_MAX + 1];
	char label[NETWORK_NAME_MAX + 1]; /* its name in the box */
};

struct gateway_links {
	uint32_t n;
	struct gateway_link_to to[LINKS_MAX];
};

struct gateway_peer {
	char socket[LINK_SOCKET_MAX + 1];
};

/* To a gateway: that name is a network of a linked project; "": that network has ended. */
struct gateway_linked {
	char name[LINK_NAME_MAX + 1];
	uint32_t link, number;
};

/* Of a gateway: it has used a socket for that network. */
struct gateway_wanted {
	uint32_t link, number;
};

#endif
