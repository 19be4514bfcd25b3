/*
 * flight.h - which name the first bytes of a connection are for.
 *
 * Pure functions over bytes that the box has sent: the server name in a TLS ClientHello (RFC 8446
 * 4.1.2, RFC 6066 3), which may span records and segments; the Host of an HTTP/1 request (RFC
 * 9112).
 */
#ifndef GATEWAY_FLIGHT_H
#define GATEWAY_FLIGHT_H

#include <stddef.h>
#include <stdint.h>

#include "netpolicy/rule.h"

#define FLIGHT_MAX 65536 /* of bytes that are waited for */

enum flight {
	FLIGHT_MORE, /* more bytes are needed to know */
	FLIGHT_NAME, /* ret_name: lower case, without a port */
	FLIGHT_NONE, /* no name in it, or another protocol */
	FLIGHT_BAD,  /* it is TLS or HTTP, and says more than one thing, or is malformed */
};

enum flight flight_read(const uint8_t *data, size_t len, char ret_name[NET_NAME_MAX]);

#endif
