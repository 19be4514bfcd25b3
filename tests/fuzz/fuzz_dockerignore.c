/*
 * fuzz_dockerignore.c - patterns, and after a NUL a path: a pattern for everything at the end
 * decides, whatever is before it, and the path that an escaped pattern names matches.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "build/ignore.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void expect(struct buf *patterns, const char *last, const char *path, bool ignored)
{
	cleanup_ignore struct ignore g = {0};
	size_t len = patterns->len, line = 0;
	struct err e;

	buf_addf(patterns, "\n%s", last);
	if (ignore_parse(patterns->data, patterns->len, "x", &g, &e) < 0 ||
	    ignore_matches(&g, path, &line) != ignored || (ignored && !line))
		abort();
	patterns->len = len;
	patterns->data[len] = '\0';
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const uint8_t *nul = size ? memchr(data, '\0', size) : NULL;
	cleanup_buf struct buf patterns = BUF_INIT;
	cleanup_ignore struct ignore g = {0};
	const char *path;
	char copy[256] = {0};
	struct err e;

	if (!nul)
		return 0;
	buf_add(&patterns, data, (size_t)(nul - data));
	memcpy(copy, nul + 1,
	       size - (size_t)(nul + 1 - data) < 255 ? size - (size_t)(nul + 1 - data) : 255);
	path = copy + strspn(copy, "/");
	if (ignore_parse(patterns.data, patterns.len, "x", &g, &e) < 0)
		return 0;
	(void)ignore_matches(&g, path, NULL);
	expect(&patterns, "**", path, true);
	expect(&patterns, "!**", path, false);
	return 0;
}
