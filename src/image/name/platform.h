/*
 * platform.h - the platform of an image.
 */
#ifndef IMAGE_NAME_PLATFORM_H
#define IMAGE_NAME_PLATFORM_H

#include "base/err.h"

struct platform {
	char *os, *arch, *variant; /* variant NULL: none */
};

/* "os/arch[/variant]"; ERR_USAGE. */
int platform_parse(const char *text, struct platform *ret, struct err *e);
void platform_host(struct platform *ret); /* in OCI's terms: linux/amd64, linux/arm64/v8 */
void platform_copy(const struct platform *p, struct platform *ret);
void platform_clear(struct platform *p);
char *platform_text(const struct platform *p);
/*
 * How well an image for `have` runs on `want`: 0 not at all; best is the same variant, then the
 * nearest lower one.
 */
long platform_fitness(const struct platform *have, const struct platform *want);
#define cleanup_platform __attribute__((cleanup(platform_clear)))

#endif
