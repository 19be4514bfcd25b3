/*
 * service_health.c - what checks a service: its section, or else HEALTHCHECK of its image.
 */
#include "flow/service_health.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "config/schema.h"
#include "config/value.h"

#define MOST (24 * 3600 * 1000UL) /* of milliseconds, a day; and of retries */

static void take_image(const struct image_plan *image, struct service_checks *out)
{
	bool shell = streq(image->health.v[0], "CMD-SHELL");

	out->how = &out->image;
	out->workdir = xstrdup(image->workdir ? image->workdir : "/");
	out->image.kind = shell ? HEALTH_COMMAND : HEALTH_PROGRAM;
	if (shell)
		out->image.text = xstrdup(image->health.v[1]);
	for (size_t i = 1; i < image->health.n && !shell; i++)
		strv_push(&out->image.words, image->health.v[i]);
}

/* A number of the image, unless the section has one. */
static unsigned long number_of(const struct settings *s, const struct service *v, enum schema_id id,
			       const struct image_plan *image, unsigned long own)
{
	const char *key = schema_keys[id].key + strlen("health-");
	size_t len = strlen(key);
	unsigned long n;

	if (service_setting(s, v->name, NULL, id))
		return own;
	for (size_t i = 0; i < image->health_times.n; i++) {
		const char *line = image->health_times.v[i];

		if (strncmp(line, key, len) == 0 && line[len] == ' ' &&
		    value_number(line + len + 1, 1, MOST, &n))
			return n;
	}
	return own;
}

static long time_of(const struct settings *s, const struct service *v, enum schema_id id,
		    const struct image_plan *image, long own)
{
	return (long)number_of(s, v, id, image, (unsigned long)own);
}

void service_checks_choose(const struct settings *s, const struct service *v,
			   const struct image_plan *image, struct service_checks *ret)
{
	service_checks_clear(ret);
	*ret = (struct service_checks){.how = &v->health,
				       .interval_ms = v->interval_ms,
				       .timeout_ms = v->timeout_ms,
				       .start_period_ms = v->start_period_ms,
				       .retries = v->retries};
	if (v->has_health || image->health.n < 2) {
		ret->workdir = xstrdup("/");
		return;
	}
	take_image(image, ret);
	ret->interval_ms = time_of(s, v, KEY_SERVICE_HEALTH_INTERVAL, image, v->interval_ms);
	ret->timeout_ms = time_of(s, v, KEY_SERVICE_HEALTH_TIMEOUT, image, v->timeout_ms);
	ret->start_period_ms = time_of(s, v, KEY_SERVICE_HEALTH_START_PERIOD, image,
				       v->start_period_ms);
	ret->retries = number_of(s, v, KEY_SERVICE_HEALTH_RETRIES, image, v->retries);
}

void service_checks_clear(struct service_checks *c)
{
	free(c->image.text);
	strv_clear(&c->image.words);
	free(c->workdir);
	*c = (struct service_checks){0};
}
