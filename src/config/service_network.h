/*
 * service_network.h - in whose network a service is, and all names of that network.
 *
 * A network is named as the holder has it (gateway/contract.h): by the service whose own it is, or ""
 * for that of the project's boxes.
 */
#ifndef CONFIG_SERVICE_NETWORK_H
#define CONFIG_SERVICE_NETWORK_H

#include "base/err.h"
#include "base/mem.h"
#include "config/settings.h"

/*
 * The network of the service of that name, which points into the settings, or is `name`. An error
 * names file and line: there is no such service, or they name each other in a circle.
 */
int service_network_find(const struct settings *s, const char *name, const char **ret,
			 struct err *e);

/*
 * Appends the names by which it is reached, other than its own: aliases, and the services in it with
 * theirs. Settings without services have the aliases of the project's boxes alone.
 */
void service_network_names(const struct settings *s, const char *network, struct strv *out);

#endif
