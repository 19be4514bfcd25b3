/*
 * fuzz_git_source.c - any text as a git repository, and as the list of its refs: nothing that git
 * would take for an option gets through.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/mem.h"
#include "build/git_source.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	cleanup_free char *text = xstrndup((const char *)data, size);
	cleanup_git_source struct git_source s = {0};
	char commit[GIT_COMMIT_MAX];
	struct err e;

	if (git_source_parse(text, &s, &e) == 0) {
		if (s.url[0] == '-' || (s.ref && (s.ref[0] == '-' || strchr(s.ref, ':'))))
			abort();
		for (const char *c = s.url; *c; c++)
			if ((unsigned char)*c <= ' ')
				abort();
	}
	if (git_find_commit(text, s.ref, commit, &e) == 0 && !git_is_commit(commit))
		abort();
	return 0;
}
