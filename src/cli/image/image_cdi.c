/*
 * image_cdi.c - `sandbox-image image cdi`: CDI specifications as lines for the launcher, which
 * reads neither YAML nor JSON; see cdi.h for the lines.
 */
#include <fcntl.h>
#include <stdio.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "cli/image/image_common.h"
#include "image/document/cdi.h"

static int read_spec(const char *path, struct cdi_spec *ret, struct err *e)
{
	cleanup_buf struct buf text = BUF_INIT;
	int r = file_read(AT_FDCWD, path, CDI_MAX, &text, e);

	return r < 0 ? r : cdi_parse(text.data, text.len, path, ret, e);
}

int image_cmd_cdi(const struct args *args, int *ret_status, struct err *e)
{
	cleanup_free struct cdi_spec *specs = xcalloc((size_t)args->n, sizeof(*specs));
	cleanup_strv struct strv lines = {0};
	size_t n = (size_t)args->n;
	int r = 0;

	(void)ret_status;
	for (size_t i = 0; r == 0 && i < n; i++)
		r = read_spec(args->v[i], &specs[i], e);
	if (r == 0)
		r = cdi_list(specs, n, &lines, e);
	for (size_t i = 0; r == 0 && i < lines.n; i++)
		puts(lines.v[i]);
	for (size_t i = 0; i < n; i++)
		cdi_clear(&specs[i]);
	return r;
}
