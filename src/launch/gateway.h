/*
 * gateway.h - the launcher's side of a gateway: gateway/contract.h.
 *
 * The program is started as early as can be, before it is known what the box is made of, and makes
 * the box's namespaces and network while the launcher and pid 1 work.
 */
#ifndef LAUNCH_GATEWAY_H
#define LAUNCH_GATEWAY_H

#include "base/err.h"

/*
 * Starts the program. cache: a host directory of ours that ends with the boot. Returns the
 * connection, which is the caller's: while there is no box, the gateway ends when that is closed.
 */
int gateway_start(const char *program, const char *cache, int *ret_connection, struct err *e);

/* What is received on the connection before pid 1 is made; the caller owns the descriptors. */
int gateway_receive_namespaces(int connection, int *ret_userns, int *ret_netns, struct err *e);

/* Gives the gateway its box: the network lasts as long as that process. */
int gateway_give_box(int connection, int pidfd, struct err *e);

/* Waits until the network is up. *ret_sysfs is a detached mount, which the caller owns. */
int gateway_wait(int connection, int *ret_sysfs, struct err *e);

#endif
