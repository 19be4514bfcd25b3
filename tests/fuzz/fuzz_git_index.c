/*
 * fuzz_git_index.c - any bytes as a git index: an answer or an error, and paths that stay in the
 * project.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/git_index.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	cleanup_git_index struct git_index index = {0};
	cleanup_buf struct buf text = BUF_INIT;
	struct err e;

	buf_add(&text, data, size);
	if (git_index_parse(&text, &index, &e) < 0)
		return 0;
	for (size_t i = 0; i < index.gitlinks.n; i++) {
		const char *path = index.gitlinks.v[i];

		if (*path == '/' || starts_with(path, "../") || strstr(path, "/../") ||
		    ends_with(path, "/..") || strstr(path, "//"))
			abort();
	}
	if (index.shared[strspn(index.shared, "0123456789abcdef")])
		abort();
	return 0;
}
