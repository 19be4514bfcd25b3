/*
 * hash.c - SHA-256: of streams by OpenSSL, which uses the processor's instructions for it; of
 * buffers by libmd.
 */
#include "image/name/hash.h"

#include <errno.h>
#include <openssl/evp.h>
#include <pthread.h>
#include <sha2.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/mem.h"

#define READ_BUFFER (1u << 20)

struct hash {
	EVP_MD_CTX *ctx;
};

/* Fetched once: looking up an algorithm costs more than hashing a manifest. */
static EVP_MD *sha256;
static pthread_once_t fetched = PTHREAD_ONCE_INIT;

static void fetch(void)
{
	sha256 = EVP_MD_fetch(NULL, "SHA256", NULL);
}

/*
 * OpenSSL fails here only for lack of memory, or without SHA-256: nothing can be done about either.
 */
static void must(int ok)
{
	if (ok != 1)
		abort();
}

struct hash *hash_new(void)
{
	struct hash *h = xcalloc(1, sizeof(*h));

	pthread_once(&fetched, fetch);
	h->ctx = EVP_MD_CTX_new();
	must(h->ctx && sha256 && EVP_DigestInit_ex(h->ctx, sha256, NULL) == 1);
	return h;
}

void hash_update(struct hash *h, const void *data, size_t len)
{
	must(EVP_DigestUpdate(h->ctx, data, len));
}

void hash_final(struct hash *h, struct digest *ret)
{
	static const char digits[] = "0123456789abcdef";
	unsigned char raw[EVP_MAX_MD_SIZE];
	unsigned int n = 0;

	must(EVP_DigestFinal_ex(h->ctx, raw, &n));
	for (size_t i = 0; i < DIGEST_HEX_LEN / 2; i++) {
		ret->hex[2 * i] = digits[raw[i] >> 4];
		ret->hex[2 * i + 1] = digits[raw[i] & 15];
	}
	ret->hex[DIGEST_HEX_LEN] = '\0';
}

void hash_free(struct hash *h)
{
	if (h)
		EVP_MD_CTX_free(h->ctx);
	free(h);
}

/*
 * Used for documents of a few kilobytes: OpenSSL's first use takes a millisecond, and libmd hashes
 * 200 KB in that time.
 */
void hash_bytes(const void *data, size_t len, struct digest *ret)
{
	SHA256Data(data, len, ret->hex);
}

int hash_fd(struct hash *h, int fd, const char *path, struct err *e)
{
	cleanup_free char *buffer = xcalloc(1, READ_BUFFER);
	ssize_t n;

	while ((n = read(fd, buffer, READ_BUFFER)) != 0) {
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return err_sys(e, errno, "cannot read '%s'", path);
		hash_update(h, buffer, (size_t)n);
	}
	return 0;
}
