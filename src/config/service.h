/*
 * service.h - the services of a project: its sections [service NAME].
 */
#ifndef CONFIG_SERVICE_H
#define CONFIG_SERVICE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/mem.h"
#include "config/service_section.h"
#include "config/service_value.h"
#include "config/settings.h"

/* One service. What points into the settings lives as long as they do. */
struct service {
	const char *name;
	const char *image;
	const char *where;   /* file and line of its first setting, for messages */
	const char *user;    /* or NULL */
	const char *workdir; /* or NULL: the image's */
	struct strv command; /* with has_command: instead of the image's */
	struct strv entrypoint;
	bool has_command, has_entrypoint;
	struct service_need *needs;
	size_t n_needs;
	struct service_health health;
	bool has_health; /* else the image's, see flow/service_health.h */
	long interval_ms, timeout_ms, start_period_ms;
	unsigned long retries;
	struct service_restart restart;
	const char *stop_signal; /* or NULL: the image's */
	long stop_timeout_ms;
	const char *network; /* its own name, that of another, or "": of the project's boxes */
	uint16_t *localhost; /* ports that the project's boxes have at 127.0.0.1, too */
	size_t n_localhost;
	struct strv profiles; /* starts only with one of these; empty: always */
};

/* In the order of the files. */
struct services {
	struct service *v;
	size_t n;
};

#define cleanup_services __attribute__((cleanup(services_clear)))
void services_clear(struct services *list);

/* Does the project have any? Costs a look at the settings. */
bool services_exist(const struct settings *s);

/*
 * All services, parsed. An error names file and line: a service without an image, a need of one
 * that does not exist, services that need each other in a circle.
 */
int services_load(const struct settings *s, struct services *ret, struct err *e);

/* By name, or NULL. */
struct service *services_find(const struct services *list, const char *name);

/*
 * Those to start, needed ones first: words and what they need; without words, all that have no
 * profiles or one of `with`, and what they need. Each appears once. -ENOENT: a word or a profile
 * that does not exist.
 */
int services_select(const struct services *list, char *const *words, const struct strv *with,
		    struct service ***ret, size_t *ret_n, struct err *e);

/* Appends how a service's image is built, words of `image build`; nothing: it is not built. */
void service_build_of(const struct settings *s, const char *image, struct strv *out);

#endif
