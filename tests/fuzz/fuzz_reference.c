/*
 * fuzz_reference.c - any bytes as the name of an image: what is accepted is formatted the same, and
 * is a file name that leads nowhere.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "image/name/ref.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	cleanup_free char *text = xstrndup((const char *)data, size), *name = NULL, *file = NULL;
	cleanup_free char *again_name = NULL, *shown = NULL, *meant = NULL;
	cleanup_reference struct reference ref = {0}, again = {0}, brief = {0};
	struct err e;

	if (reference_parse(text, "docker.io", &ref, &e) < 0)
		return 0;
	name = ref_name(&ref);
	file = reference_to_file(name);
	if (strchr(file, '/') || file[0] == '.' || strlen(file) > 255)
		abort();
	if (reference_parse(name, "other.io", &again, &e) < 0)
		abort();
	again_name = ref_name(&again);
	if (strcmp(name, again_name) != 0)
		abort();
	shown = reference_short(name, "docker.io");
	if (reference_parse(shown, "docker.io", &brief, &e) < 0)
		abort();
	meant = ref_name(&brief);
	if (strcmp(name, meant) != 0)
		abort();
	return 0;
}
