/*
 * gateway.h - the launcher's side of a gateway: gateway/contract.h.
 *
 * The program is started as early as can be, before it is known what the box is made of, and sets up
 * the network while pid 1 builds the root.
 */
#ifndef LAUNCH_GATEWAY_H
#define LAUNCH_GATEWAY_H

#include "base/err.h"
#include "launch/project.h"

/*
 * Starts the program. cache: a host directory of ours that ends with the boot. Returns the
 * connection, which is the caller's: while there is no box, the gateway ends when that is closed.
 */
int gateway_start(const char *program, const char *cache, int *ret_connection, struct err *e);

/*
 * Give the gateway the project's namespaces, and its box: the network lasts as long as that process.
 * If it has ended, gateway_wait() tells why.
 */
int gateway_give_project(int connection, const struct project *p, struct err *e);
int gateway_give_box(int connection, int pidfd, struct err *e);

/* Waits until the network is up. *ret_sysfs is a detached mount, which the caller owns. */
int gateway_wait(int connection, int *ret_sysfs, struct err *e);

#endif
