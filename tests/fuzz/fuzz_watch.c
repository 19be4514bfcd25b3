/*
 * fuzz_watch.c - any bytes as the record of a watched session: what is kept of them can be shown, and
 * is kept again as it is.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/mem.h"
#include "launch/watch_record.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	cleanup_free struct watch_record *first = xcalloc(1, sizeof(*first)),
					 *second = xcalloc(1, sizeof(*second));

	watch_record_check(data, size, first);
	if (first->n > WATCH_MAX || watch_record_size(first) > sizeof(*first))
		abort();
	for (uint32_t i = 0; i < first->n; i++) {
		const struct watched *w = &first->at[i];

		if (strlen(w->call) >= sizeof(w->call) || strlen(w->path) >= sizeof(w->path) ||
		    strlen(w->mount) >= sizeof(w->mount) || !*w->call == !*w->path || !w->count)
			abort();
	}
	watch_record_check(first, watch_record_size(first), second);
	if (memcmp(first, second, watch_record_size(first)) != 0)
		abort();
	return 0;
}
