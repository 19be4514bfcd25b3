/*
 * fuzz_mount_value.c - any text as the value of an entry of [mounts]: what is accepted, written
 * with all its options, is read back the same.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/mem.h"
#include "config/mounts.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool same(const char *a, const char *b)
{
	return a && b ? streq(a, b) : !a && !b;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const prefixes[] = {"", "cache:", "volume:", "tmpfs"};
	cleanup_free char *text = xcalloc(size + 1, 1), *again = NULL, *source = NULL,
			  *source_again = NULL;
	struct mount_value first = {0}, second = {0};
	struct err e;

	if (size)
		memcpy(text, data, size);
	if (mount_value_parse(text, &first, &e) < 0) {
		if (first.source)
			abort();
		return 0;
	}
	source = first.source;
	if ((source != NULL) != (first.kind != MOUNT_SETTING_TMPFS) || (source && !*source) ||
	    (source && strlen(source) > size) || (first.read_only && first.overlay))
		abort();
	again = xasprintf("%s%s %s size=%llu%s", prefixes[first.kind], source ? source : "",
			  first.read_only ? "ro"
			  : first.overlay ? "overlay"
					  : "rw",
			  first.size, first.create ? " create" : "");
	if (mount_value_parse(again, &second, &e) < 0)
		abort();
	source_again = second.source;
	if (first.kind != second.kind || !same(source, source_again) || first.size != second.size ||
	    first.read_only != second.read_only || first.overlay != second.overlay ||
	    first.create != second.create)
		abort();
	return 0;
}
