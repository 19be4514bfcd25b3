/*
 * image_config.h - the config of an image (OCI image-spec, config.md), read from untrusted bytes
 * under the promises of manifest.h.
 */
#ifndef IMAGE_DOCUMENT_IMAGE_CONFIG_H
#define IMAGE_DOCUMENT_IMAGE_CONFIG_H

#include <stdbool.h>
#include <stddef.h>

#include "base/mem.h"
#include "image/name/digest.h"
#include "image/name/platform.h"

#define CONFIG_MAX_BYTES (8u << 20)

struct image_history {
	char *created, *created_by, *comment; /* each may be NULL */
	bool empty_layer;
};

/* HEALTHCHECK of a Dockerfile, in Docker's config: not in OCI's, but images of both have it. */
struct image_health {
	struct strv test; /* CMD and words, CMD-SHELL and a line, or NONE; empty: none */
	/* Times in ns; 0: not set. */
	long long interval, timeout, start_period, retries;
};

struct image_config {
	struct platform platform;
	char *created, *author;	 /* or NULL */
	struct digest *diff_ids; /* bottom first */
	size_t n_layers;
	struct strv env;		    /* NAME=value; entries without a name are dropped */
	char *user, *workdir, *stop_signal; /* or NULL; never "" */
	struct strv entrypoint, cmd;
	struct strv volumes, exposed;
	struct image_health health;
	struct strv label_keys, label_values;
	struct image_history *history;
	size_t n_history;
	struct strv notes; /* what was left out, and why: no session needs it */
};

/* 0, or EBADMSG with the reason; then *ret is untouched. */
int config_parse(const char *text, size_t len, struct image_config *ret, struct err *e);
void config_clear(struct image_config *c);
#define cleanup_config __attribute__((cleanup(config_clear)))

/* A minimal config for an image made from a tar or by bootstrap; the caller frees it. */
char *config_format(const struct image_config *c);

#endif
