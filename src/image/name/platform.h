/*
 * platform.h - what an image is made for.
 */
#ifndef IMAGE_NAME_PLATFORM_H
#define IMAGE_NAME_PLATFORM_H

#include "base/err.h"

struct platform {
	char *os, *arch, *variant; /* variant NULL: none */
};

/* "os/arch[/variant]"; ERR_USAGE. */
int platform_parse(const char *text, struct platform *ret, struct err *e);
void platform_host(struct platform *ret); /* in OCI's words: linux/amd64, linux/arm64/v8 */
void platform_copy(const struct platform *p, struct platform *ret);
void platform_clear(struct platform *p);
char *platform_text(const struct platform *p);
/*
 * How well what is made for `have` runs on `want`: 0 not at all; the same variant best, then the nearest
 * lower one.
 */
long platform_fitness(const struct platform *have, const struct platform *want);
#define cleanup_platform __attribute__((cleanup(platform_clear)))

#endif
