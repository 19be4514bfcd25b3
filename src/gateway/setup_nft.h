/*
 * setup_nft.h - the packet filter that hands the box's traffic to the gateway's sockets.
 */
#ifndef GATEWAY_SETUP_NFT_H
#define GATEWAY_SETUP_NFT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "gateway/netlink.h"

/* The mark of a SYN that the gateway has put back, as only a raw socket of its own can set it. */
#define NFT_MARK_SEEN 0x5b00

/*
 * One batch. port: of the gateway's listeners, host byte order; number: of the network. replace:
 * the tables of an earlier gateway go in the same moment; not asked for without need, since closing
 * the socket would then wait for a grace period of RCU, 15 ms.
 */
void nft_build(struct netlink_batch *b, uint16_t port, unsigned number, bool ipv6, bool replace);

/* Sends it, in the caller's network namespace. */
int nft_setup(uint16_t port, unsigned number, bool ipv6, bool replace, struct err *e);

#endif
