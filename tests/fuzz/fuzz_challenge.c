/*
 * fuzz_challenge.c - any bytes as a WWW-Authenticate header.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "image/registry/auth.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	cleanup_auth_challenge struct auth_challenge c;
	cleanup_free char *text = xstrndup((const char *)data, size);

	auth_parse(text, &c);
	/* A token needs a realm to ask. */
	if (c.scheme == AUTH_BEARER && !c.realm)
		abort();
	return 0;
}
