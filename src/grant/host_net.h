/*
 * host_net.h - the host's proxies and its CA certificates.
 */
#ifndef GRANT_HOST_NET_H
#define GRANT_HOST_NET_H

#include <stdbool.h>

#include "base/buf.h"
#include "base/mem.h"
#include "netpolicy/netpolicy.h"

/*
 * Sets the proxy variables in env, each in both cases, without user names and passwords unless
 * with_password. loopback: the name by which the box knows the host's loopback, or NULL if it has
 * that itself. True if a password was removed.
 */
bool host_net_proxies(bool with_password, const char *loopback, struct strv *env);

/*
 * Adds the HTTP proxies that those variables name to a policy, with that name for the loopback. It
 * may move.
 */
void host_net_policy(const char *loopback, struct netpolicy **policy);

/* Appends the CA certificates, PEM, as programs of the host find them; false if there are none. */
bool host_net_authorities(struct buf *ret);

#endif
