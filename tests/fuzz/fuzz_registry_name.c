/*
 * fuzz_registry_name.c - any text as the name of a registry: its normal form is stable, and means
 * the same server.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/mem.h"
#include "image/name/registry_name.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	cleanup_free char *text = xstrndup((const char *)data, size);
	cleanup_registry_name struct registry_name a;

	registry_name_parse(text, &a);
	if (strpbrk(a.host, "/ \t\r\n") || (a.path && (!*a.path || a.path[0] == '/')))
		abort();
	/* "http:" is no host, and only one port is dropped. */
	if (*a.host && !strpbrk(a.host, ":") && !registry_name_same(a.host, text))
		abort();
	return 0;
}
