/*
 * hash.h - computing a digest incrementally (OpenSSL EVP).
 */
#ifndef IMAGE_NAME_HASH_H
#define IMAGE_NAME_HASH_H

#include <stddef.h>

#include "image/name/digest.h"

struct hash; /* running out of memory ends the program, as in mem.h */

struct hash *hash_new(void);
void hash_update(struct hash *h, const void *data, size_t len);
void hash_final(struct hash *h, struct digest *ret); /* afterwards h can only be freed */
void hash_free(struct hash *h);

static inline void hash_freep(struct hash **h)
{
	hash_free(*h);
}
#define cleanup_hash __attribute__((cleanup(hash_freep)))

/* The digest of a buffer (libmd). */
void hash_bytes(const void *data, size_t len, struct digest *ret);

/* Adds the content of a regular file from its current offset to its end. */
int hash_fd(struct hash *h, int fd, const char *path, struct err *e);

#endif
