/*
 * setup_bridge.h - the wire between the networks of a project: a bridge in a network namespace of
 * its own.
 */
#ifndef GATEWAY_SETUP_BRIDGE_H
#define GATEWAY_SETUP_BRIDGE_H

#include "base/err.h"

/*
 * Connects the network of that number, in the namespace netns below the user namespace userns, to
 * the bridge. *bridge is the bridge's namespace, or -1: it is then made, and the caller's.
 *
 * A network of a service's own gets eth0 by this, and the rest by link_setup(); what it had from an
 * earlier service of the same number is replaced. The one that is shared has its eth0: it gets
 * another interface, and must be up.
 */
int bridge_connect(int userns, int *bridge, int netns, unsigned number, struct err *e);

#endif
