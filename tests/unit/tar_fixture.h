/*
 * tar_fixture.h - tar streams made by hand, so that they can be invalid in any way.
 */
#ifndef TAR_FIXTURE_H
#define TAR_FIXTURE_H

#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/source.h"

/* One entry; type as in tar(5). Omitted fields are 0 or empty. */
struct tar_file {
	char type;
	const char *name, *link, *data;
	unsigned int mode, uid, mtime;
	size_t size; /* declared size, if it differs from the length of data */
};

static inline void tar_number(char *field, int digits, size_t n)
{
	char text[32];

	snprintf(text, sizeof(text), "%0*zo", digits, n);
	memcpy(field, text, (size_t)digits);
}

/* A name field of 100 bytes, which needs no terminator. */
static inline void tar_text(char *field, const char *text)
{
	size_t n = strlen(text);

	memcpy(field, text, n < 100 ? n : 100);
}

static inline void tar_put(struct buf *t, struct tar_file f)
{
	static const char zeros[512];
	size_t len = f.data ? strlen(f.data) : 0;
	char h[513] = {0};
	unsigned int sum = 8 * ' ';

	tar_text(h, f.name);
	tar_number(h + 100, 7, f.mode ? f.mode : f.type == '5' ? 0755 : 0644);
	tar_number(h + 108, 7, f.uid);
	tar_number(h + 116, 7, 0);
	tar_number(h + 124, 11, f.size ? f.size : len);
	tar_number(h + 136, 11, f.mtime ? f.mtime : 1000000000);
	h[156] = f.type;
	tar_text(h + 157, f.link ? f.link : "");
	memcpy(h + 257, "ustar\00000", 8);
	tar_number(h + 329, 7, 0);
	tar_number(h + 337, 7, 0);
	for (size_t i = 0; i < 512; i++)
		sum += i >= 148 && i < 156 ? 0 : (unsigned char)h[i];
	tar_number(h + 148, 6, sum);
	h[155] = ' ';
	buf_add(t, h, 512);
	buf_add(t, f.data ? f.data : "", len);
	buf_add(t, zeros, (512 - len % 512) % 512);
}

#define TAR(t, ...) tar_put(t, (struct tar_file){__VA_ARGS__})

/* A PAX record (pax(1)): its length includes itself. */
static inline void tar_record(struct buf *records, const char *key, const char *value)
{
	size_t n = strlen(key) + strlen(value) + 3, all = n + 1;

	while (all != n + (size_t)snprintf(NULL, 0, "%zu", all))
		all = n + (size_t)snprintf(NULL, 0, "%zu", all);
	buf_addf(records, "%zu %s=%s\n", all, key, value);
}

/* One record for the next entry. */
static inline void tar_pax(struct buf *t, const char *key, const char *value)
{
	cleanup_buf struct buf records = BUF_INIT;

	tar_record(&records, key, value);
	TAR(t, .type = 'x', .name = "pax", .data = records.data);
}

struct tar_bytes {
	const char *data;
	size_t left, step; /* step: bytes a read, 0: as many as requested */
};

static inline ssize_t tar_read(void *ctx, void *buf, size_t size, struct err *e)
{
	struct tar_bytes *b = ctx;

	(void)e;
	if (size > b->left)
		size = b->left;
	if (b->step && size > b->step)
		size = b->step;
	memcpy(buf, b->data, size);
	b->data += size;
	b->left -= size;
	return (ssize_t)size;
}

#endif
