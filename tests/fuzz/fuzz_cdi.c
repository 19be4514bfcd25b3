/*
 * fuzz_cdi.c - any bytes as a CDI specification: the output is lines of words, and paths.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "image/document/cdi.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_path(const char *path, const char *beneath)
{
	if (!starts_with(path, beneath) || strstr(path, "/../") || ends_with(path, "/.."))
		abort();
}

static void check_edit(const struct cdi_spec *spec, const struct cdi_edit *edit)
{
	if (edit->device > spec->devices.n)
		abort();
	for (const char *s = edit->host; *s; s++)
		if ((unsigned char)*s < ' ')
			abort();
	for (const char *s = edit->path; s && *s; s++)
		if ((unsigned char)*s < ' ')
			abort();
	if (edit->what == CDI_NODE)
		check_path(edit->host, "/dev/");
	if (edit->what == CDI_NODE)
		check_path(edit->path, "/dev/");
	if (edit->what == CDI_MOUNT)
		check_path(edit->host, "/");
	if (edit->what == CDI_MOUNT || edit->what == CDI_LINK)
		check_path(edit->path, "/");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct cdi_spec spec = {0};
	struct err e;

	if (size <= CDI_MAX && cdi_parse((const char *)data, size, "fuzz", &spec, &e) == 0)
		for (size_t i = 0; i < spec.n; i++)
			check_edit(&spec, &spec.v[i]);
	cdi_clear(&spec);
	return 0;
}
