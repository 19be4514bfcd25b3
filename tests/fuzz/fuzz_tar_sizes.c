/*
 * fuzz_tar_sizes.c - any bytes as a tar: the result does not depend on how it is split into blocks,
 * and a second pass changes nothing.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/mem.h"
#include "image/layer/tar_sizes.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The result of passing `step` bytes at a time. */
static unsigned char *pass(const uint8_t *data, size_t size, size_t step)
{
	unsigned char *copy = xcalloc(size + 1, 1);
	struct tar_sizes t = {0};

	memcpy(copy, data, size);
	for (size_t at = 0; at < size; at += step)
		tar_sizes_pass(&t, copy + at, size - at < step ? size - at : step);
	return copy;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	cleanup_free unsigned char *whole = pass(data, size, size + 1);
	cleanup_free unsigned char *blocks = pass(data, size, TAR_BLOCK);
	cleanup_free unsigned char *some = pass(data, size, (size_t)3 * TAR_BLOCK);
	cleanup_free unsigned char *again = pass(whole, size, size + 1);

	if (memcmp(whole, blocks, size) != 0 || memcmp(whole, some, size) != 0 ||
	    memcmp(whole, again, size) != 0)
		abort();
	return 0;
}
