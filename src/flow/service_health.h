/*
 * service_health.h - what checks a service: its section, or else HEALTHCHECK of its image.
 */
#ifndef FLOW_SERVICE_HEALTH_H
#define FLOW_SERVICE_HEALTH_H

#include "config/service.h"
#include "image/store/plan.h"

struct service_checks {
	const struct service_health *how; /* the section's, or `image` */
	struct service_health image;	  /* owned */
	char *workdir;			  /* of a command; owned */
	long interval_ms, timeout_ms, start_period_ms;
	unsigned long retries;
};

/*
 * A key of the section comes before what the image says. *ret is what was chosen before, or zero;
 * it must not be moved.
 */
void service_checks_choose(const struct settings *s, const struct service *v,
			   const struct image_plan *image, struct service_checks *ret);
void service_checks_clear(struct service_checks *c);

#endif
