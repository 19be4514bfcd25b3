/*
 * fuzz_lock.c - any bytes as sandbox.lock: what is accepted is written again the same.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "config/lock_file.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	cleanup_lock struct lock_file first = {0}, second = {0};
	cleanup_buf struct buf once = BUF_INIT, twice = BUF_INIT;
	struct err e;

	if (lock_parse((const char *)data, size, "fuzz", &first, &e) < 0)
		return 0;
	for (size_t i = 0; i < first.n_managers; i++)
		for (size_t k = 0; k < first.managers[i].packages.n; k++)
			if (!lock_word(first.managers[i].packages.v[k]))
				abort();
	lock_write(&first, &once);
	if (lock_parse(once.data, once.len, "fuzz", &second, &e) < 0)
		abort();
	lock_write(&second, &twice);
	if (!streq(once.data, twice.data))
		abort();
	return 0;
}
