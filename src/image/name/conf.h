/*
 * conf.h - the settings of sandbox.conf for registries and stores. Only the user's and the system's
 * sandbox.conf are read, never a project's: a cloned repository has no say in whom we trust.
 */
#ifndef IMAGE_NAME_CONF_H
#define IMAGE_NAME_CONF_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/mem.h"
#include "config/settings.h"

#define IMAGE_CONF_REGISTRY "docker.io" /* of short names, by default */

struct registry_conf {
	char *host;	     /* as in a reference: "docker.io", "localhost:5000" */
	struct strv mirrors; /* "host[:port][/prefix]", tried first, in order; for pulls only */
	bool insecure;	     /* plain HTTP, or HTTPS without checking the certificate */
};

struct image_conf {
	char *registry;	    /* of short names; default IMAGE_CONF_REGISTRY */
	struct strv stores; /* absolute paths of read-only second stores */
	long parallel;	    /* layers in parallel; default: the number of cores, 2 to 6 */
	uint64_t max_size;  /* uncompressed bytes of one layer; default 64 GiB */
	uint64_t max_entries;
	long stall_seconds; /* without progress, before a transfer is retried */
	struct registry_conf *registries;
	size_t n_registries;
	struct settings settings; /* the same as text, each with its source; for `sandbox config` */
};

int image_conf_load(struct image_conf *ret, struct err *e);
void image_conf_clear(struct image_conf *c);
#define cleanup_image_conf __attribute__((cleanup(image_conf_clear)))

/* Is there such a key of sandbox.conf? */
bool image_conf_has_key(const char *section, const char *key);

/* The row of a registry, or NULL. */
const struct registry_conf *image_conf_registry(const struct image_conf *c, const char *host);

/* Is it localhost, 127.0.0.0/8 or [::1], with or without a port? Plain HTTP is tried there. */
bool image_conf_is_loopback(const char *host);

#endif
