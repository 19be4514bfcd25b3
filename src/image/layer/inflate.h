/*
 * inflate.h - decompressing streams: gzip (ISA-L), zstd, xz, and others (filters.h).
 *
 * gzip may have several members (RFC 1952, 2.2); zeros after the last are padding; anything else
 * after it, a wrong checksum or length, or an early end is EBADMSG. zstd may have several frames,
 * and xz several streams; a window above 128 MiB (windowLog 27) is refused, to limit memory.
 */
#ifndef IMAGE_LAYER_INFLATE_H
#define IMAGE_LAYER_INFLATE_H

#include "base/source.h"

/* COMPRESSION_GUESS: decided by the first bytes, whatever is declared. */
enum compression {
	COMPRESSION_NONE,
	COMPRESSION_GZIP,
	COMPRESSION_ZSTD,
	COMPRESSION_XZ,
	COMPRESSION_OTHER,
	COMPRESSION_GUESS
};

struct inflate;

/* COMPRESSION_NONE passes the bytes as they are. in must live as long as the stream. */
int inflate_open(enum compression kind, struct byte_source in, struct inflate **ret, struct err *e);
ssize_t inflate_read(struct inflate *z, void *buf, size_t size, struct err *e); /* 0: the end */
void inflate_close(struct inflate *z);

/* The compression of a stream, from its first bytes. */
#define INFLATE_MAGIC_BYTES 10
enum compression inflate_guess(const unsigned char *start, size_t len);
/* That of a file; keeps its offset. */
int inflate_guess_fd(int fd, enum compression *ret, struct err *e);

#endif
