/*
 * buf.h - a growing byte buffer, always followed by a NUL that len does not count.
 *
 *	cleanup_buf struct buf b = BUF_INIT;
 *	buf_addf(&b, "%s/%d", dir, n);
 *	use(b.data);
 *
 * data is never NULL: an empty buffer is the empty string.
 */
#ifndef BASE_BUF_H
#define BASE_BUF_H

#include <stddef.h>

struct buf {
	char *data;
	size_t len;
	size_t cap; /* 0: data is static, not to be freed */
};

extern char buf_empty[];

#define BUF_INIT                  \
	{                         \
		.data = buf_empty \
	}

void buf_reserve(struct buf *b, size_t extra);
void buf_add(struct buf *b, const void *data, size_t len);
void buf_addstr(struct buf *b, const char *s);
void buf_addch(struct buf *b, char c);
void buf_addf(struct buf *b, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void buf_reset(struct buf *b);	 /* empties it, keeps the memory */
void buf_free(struct buf *b);	 /* empties it, frees the memory */
char *buf_detach(struct buf *b); /* the caller owns the string; b is empty again */

#define cleanup_buf __attribute__((cleanup(buf_free)))

#endif
