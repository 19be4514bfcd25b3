/*
 * digest.h - content digests as text: "sha256:" and 64 lower-case hexadecimal digits.
 *
 * Only sha256 is supported, the one algorithm that every registry and tool must know (OCI
 * image-spec, descriptor.md). A `struct digest` is always well-formed, so its hex may be used as a
 * file name.
 */
#ifndef IMAGE_NAME_DIGEST_H
#define IMAGE_NAME_DIGEST_H

#include <stdbool.h>

#include "base/err.h"

#define DIGEST_HEX_LEN	64
#define DIGEST_TEXT_LEN (sizeof("sha256:") - 1 + DIGEST_HEX_LEN)

struct digest {
	char hex[DIGEST_HEX_LEN + 1]; /* "" : none */
};

/* Parses exactly "sha256:..."; otherwise ERR_USAGE, with the text in the message. */
int digest_parse(const char *text, struct digest *ret, struct err *e);

/* Is it exactly 64 lower-case hexadecimal digits? */
bool digest_valid_hex(const char *hex);

bool digest_equal(const struct digest *a, const struct digest *b);

/* "sha256:" and the digits. */
struct digest_text {
	char s[DIGEST_TEXT_LEN + 1];
};
struct digest_text digest_text(const struct digest *d);

#endif
