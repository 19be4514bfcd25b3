/*
 * filters.h - compressions for which inflate.h uses no library of its own: bzip2, lzma, lz4, lzip
 * and compress, by libarchive. Filters that run other programs are not used.
 */
#ifndef IMAGE_LAYER_FILTERS_H
#define IMAGE_LAYER_FILTERS_H

#include "base/source.h"

struct filters;

/*
 * in must live as long as the stream. An uncompressed stream passes as it is; several nested
 * compressions are refused.
 */
int filters_open(struct byte_source in, struct filters **ret, struct err *e);
ssize_t filters_read(struct filters *f, void *buf, size_t size, struct err *e); /* 0: the end */
void filters_close(struct filters *f);

#endif
