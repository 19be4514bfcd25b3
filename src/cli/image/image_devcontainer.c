/*
 * image_devcontainer.c - `sandbox-image image devcontainer`: a devcontainer.json as lines for
 * `sandbox init`, which reads no JSON.
 *
 *	set SECTION KEY VALUE		separated by tabs; \n and \\ in a value
 *	left TEXT
 */
#include <fcntl.h>
#include <stdio.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "cli/image/image_common.h"
#include "image/document/devcontainer.h"

static void print_setting(const char *section, const char *key, const char *value)
{
	printf("set\t%s\t%s\t", section, key);
	for (; *value; value++)
		if (*value == '\n')
			fputs("\\n", stdout);
		else
			printf("%s%c", *value == '\\' ? "\\" : "", *value);
	putchar('\n');
}

int image_cmd_devcontainer(const struct args *args, int *ret_status, struct err *e)
{
	cleanup_devcontainer struct devcontainer d = {0};
	cleanup_buf struct buf text = BUF_INIT;
	int r = file_read(AT_FDCWD, args->v[0], DEVCONTAINER_MAX, &text, e);

	(void)ret_status;
	if (r == 0)
		r = devcontainer_parse(text.data, text.len, args->v[0], &d, e);
	if (r < 0)
		return r;
	for (size_t i = 0; i + 2 < d.settings.n; i += 3)
		print_setting(d.settings.v[i], d.settings.v[i + 1], d.settings.v[i + 2]);
	for (size_t i = 0; i < d.left.n; i++)
		printf("left\t%s\n", d.left.v[i]);
	return 0;
}
