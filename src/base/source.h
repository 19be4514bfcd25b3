/*
 * source.h - a stream of bytes, read to its end.
 */
#ifndef BASE_SOURCE_H
#define BASE_SOURCE_H

#include <stddef.h>
#include <sys/types.h>

#include "base/err.h"

/* read() returns up to size bytes, 0 at the end, or a negative code. It may block. */
struct byte_source {
	ssize_t (*read)(void *ctx, void *buf, size_t size, struct err *e);
	void *ctx;
};

/* Reads from an open file at its offset; ctx points to the descriptor. */
ssize_t source_read_fd(void *ctx, void *buf, size_t size, struct err *e);

#endif
