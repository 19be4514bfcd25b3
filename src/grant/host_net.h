/*
 * host_net.h - how the host reaches the outside: its proxies, and the authorities that it trusts.
 */
#ifndef GRANT_HOST_NET_H
#define GRANT_HOST_NET_H

#include <stdbool.h>

#include "base/buf.h"
#include "base/mem.h"

/*
 * Sets the variables of proxies in env, each in both cases; without names and passwords, unless with_password.
 * True when one was taken away.
 */
bool host_net_proxies(bool with_password, struct strv *env);

/* Appends the certificates of authorities, PEM, as programs of the host find them; false when there are none. */
bool host_net_authorities(struct buf *ret);

#endif
