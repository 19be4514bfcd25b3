/*
 * service_settings.h - the settings of the box of one service, made from its section.
 *
 * Its section becomes the settings that a box has anyway: [mounts], [ports], [env], image. So the
 * same code parses them, applies the policy, asks for consent, and puts them into the plan.
 */
#ifndef FLOW_SERVICE_SETTINGS_H
#define FLOW_SERVICE_SETTINGS_H

#include "config/service.h"

/* A volume that the service wants. */
struct service_volume {
	char *label; /* NULL: one without a name */
	char *target;
	bool read_only;
};

struct service_settings {
	struct settings settings;
	struct service_volume *volumes;
	size_t n_volumes;
	char *image; /* dir: with an absolute path */
};

/* Reads the files of env-file. *ret refers to nothing of s. */
int service_settings_make(const struct settings *s, const struct service *v,
			  struct service_settings *ret, struct err *e);
void service_settings_clear(struct service_settings *v);

/* Adds the volumes that its image declares, unless something is mounted there. */
void service_settings_add_image(struct service_settings *v, const struct strv *targets);

/* A hash of everything that a running service would not follow. */
unsigned long long service_settings_hash(const struct service_settings *v,
					 const struct service *service);

#endif
