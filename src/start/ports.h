/*
 * ports.h - the published ports of a box that starts.
 *
 * Their sockets on the host are bound by us, before anything of the box runs, and given to its
 * gateway.
 */
#ifndef START_PORTS_H
#define START_PORTS_H

#include "base/err.h"
#include "config/ports.h"
#include "launch/plan.h"
#include "net/driver.h"

struct open_ports {
	struct plan_port *v; /* of which each owns its socket */
	size_t n;
};

void open_ports_clear(struct open_ports *p);

/*
 * Binds the ports for a box with this network; with the host's there are none to bind. lenient: one
 * that is taken is left out with a warning, unless the user named it in this call. Release *out on
 * failure too.
 */
int ports_open(const struct port_setting *v, size_t n, const struct net_driver *net, bool lenient,
	       struct open_ports *out, struct err *e);

/* Adds ports of a service that the project's boxes have at 127.0.0.1, too. */
int ports_add_localhost(const uint16_t *v, size_t n, const struct net_driver *net,
			struct open_ports *out, struct err *e);

/* Notes why forward = auto, if the settings ask for it, has no effect. */
void ports_say_forward(const struct settings *s, const struct net_driver *net);

#endif
