/*
 * ports.h - [ports]: from its lines to the one list of published ports.
 */
#ifndef CONFIG_PORTS_H
#define CONFIG_PORTS_H

#include "config/port_value.h"
#include "config/settings.h"

/* One entry. from points into the settings. */
struct port_setting {
	struct port_value value;
	const struct setting *from;
};

/*
 * All of [ports] and of --publish, in order. A later entry replaces earlier ones with the same port
 * of the host. The caller frees *ret.
 */
int settings_ports(const struct settings *s, struct port_setting **ret, size_t *ret_n,
		   struct err *e);

/* Those of one setting, appended. */
int settings_ports_of(const struct setting *st, struct port_setting **v, size_t *n, struct err *e);

#endif
