/*
 * proxy.h - what a box asks of an HTTP proxy, read from the bytes of the connection; RFC 9110 9.3.6,
 * RFC 9112 3.2.
 *
 * Pure functions over bytes. A connection has any number of requests, each with the whole address in
 * it (`GET http://NAME/ HTTP/1.1`); or it becomes a tunnel by `CONNECT NAME:PORT`, once the proxy
 * has said that it has. Each request is a question to the caller, who lets no byte pass that this has
 * not said may.
 */
#ifndef GATEWAY_PROXY_H
#define GATEWAY_PROXY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "gateway/endpoint.h"
#include "netpolicy/rule.h"

#define PROXY_ALL UINT64_MAX /* of bytes: all that come */

struct proxy_target {
	bool tunnel;
	char name[NET_NAME_MAX]; /* lower case; "": it is an address */
	struct endpoint at;	 /* its port, and the address */
};

enum proxy_state {
	PROXY_REQUEST, /* the head of one comes next */
	PROXY_CHUNK,   /* the head of a chunk of its body; RFC 9112 7.1 */
	PROXY_CHUNK_END,
	PROXY_BODY_END,
	PROXY_ANSWER,	 /* the proxy's to CONNECT */
	PROXY_NO_TUNNEL, /* the rest of that answer */
	PROXY_TUNNEL,	 /* anything may come: it is for the caller to judge */
	PROXY_ENDED,	 /* nothing may */
};

/* All zero bytes at the beginning. */
struct proxy {
	enum proxy_state state;
	bool plain; /* a request other than CONNECT has passed: its answer may be still to come */
};

enum proxy_says {
	PROXY_MORE, /* more bytes are needed to know, or those of the other end */
	PROXY_PASS, /* that many bytes may pass */
	PROXY_ASKS, /* the same, if the target is allowed */
	PROXY_BAD,  /* it is no such request, or can be read in more than one way */
};

/* The box's next bytes. Not for a tunnel. */
enum proxy_says proxy_read(struct proxy *p, const uint8_t *data, size_t len, uint64_t *ret_pass,
			   struct proxy_target *ret);

/*
 * The proxy's next bytes, once those have passed that this has said may. PROXY_ALL may pass unless
 * a tunnel depends on them.
 */
enum proxy_says proxy_read_answer(struct proxy *p, const uint8_t *data, size_t len,
				  uint64_t *ret_pass);

#endif
