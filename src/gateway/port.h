/*
 * port.h - a published port, as the launcher, the holder and gateways tell each other.
 *
 * Besides launchers (contract.h), others ask the holder about a box, or add to it:
 *
 *	client					holder
 *	struct gateway_join (LIST) ----------->
 *	     <---------------- its ports: an array of struct gateway_shown, unless there are none
 *	struct gateway_join (ADD) ------------>
 *	struct gateway_port + socket of the host ->	for each port
 *	byte --------------------------------->
 *	     <---------------- struct gateway_answer
 */
#ifndef GATEWAY_PORT_H
#define GATEWAY_PORT_H

#include <stdint.h>

#include "gateway/endpoint.h"

/* What comes in by a socket of the host goes to this port of the box. */
struct gateway_port {
	uint32_t id;	    /* the holder's number for it */
	uint32_t udp;	    /* else TCP, and the socket listens */
	in_port_t box;	    /* network byte order */
	uint16_t forwarded; /* by itself, because it listens */
	uint32_t localhost; /* at the loopback of the project's boxes instead of the host's */
};

/* Of UDP, "discard": a datagram to the gateway says that something in the box listens now. */
#define GATEWAY_WAKE_PORT 9

/*
 * What the gateway tells the holder: all ports of TCP that listen in the box, in network byte
 * order.
 */
#define GATEWAY_MAX_LISTENING 128

struct gateway_listening {
	uint32_t n;
	in_port_t at[GATEWAY_MAX_LISTENING];
};

struct gateway_shown {
	struct gateway_port port;
	struct endpoint host; /* where its socket is bound */
};

#endif
