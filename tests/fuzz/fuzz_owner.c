/*
 * fuzz_owner.c - any bytes as the attributes with a file's owner and its capabilities.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/capability.h"
#include "base/owner.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What is accepted is written again the same, to the byte. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char text[OWNER_MAX], mark[CAPABILITY_MAX];
	struct capability c;
	struct owner o;

	if (owner_parse((const char *)data, size, &o) &&
	    (owner_format(&o, text) != size || memcmp(text, data, size) != 0))
		abort();
	if (capability_parse((const char *)data, size, &c) &&
	    (capability_format(&c, mark) != size || memcmp(mark, data, size) != 0))
		abort();
	return 0;
}
