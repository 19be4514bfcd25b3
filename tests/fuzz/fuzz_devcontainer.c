/*
 * fuzz_devcontainer.c - any bytes as devcontainer.json: the output is lines.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "image/document/devcontainer.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	cleanup_devcontainer struct devcontainer d = {0};
	struct err e;

	if (devcontainer_parse((const char *)data, size, "fuzz", &d, &e) < 0)
		return 0;
	if (d.settings.n % 3)
		abort();
	for (size_t i = 0; i < d.settings.n; i++)
		for (const char *s = d.settings.v[i]; *s; s++)
			if ((unsigned char)*s < ' ')
				abort();
	for (size_t i = 0; i < d.left.n; i++)
		if (strchr(d.left.v[i], '\n'))
			abort();
	return 0;
}
