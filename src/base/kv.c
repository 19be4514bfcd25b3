/*
 * kv.c - small flat files of our own.
 *
 * Owns the escaping. Promises that kv_read() returns what kv_write() was given. Does not guess: a
 * last line without a newline is truncated and counts as missing.
 */
#include "base/kv.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file.h"

#define KV_MAX_SIZE (1u << 20)

void kv_clear(struct kv *kv)
{
	strv_clear(&kv->keys);
	strv_clear(&kv->values);
}

/* Searches from the end: a later line overrides an earlier one. Returns n if missing. */
static size_t find(const struct kv *kv, const char *key)
{
	for (size_t i = kv->keys.n; i-- > 0;)
		if (streq(kv->keys.v[i], key))
			return i;
	return kv->keys.n;
}

void kv_set(struct kv *kv, const char *key, const char *value)
{
	size_t i = find(kv, key);

	if (i < kv->keys.n) {
		free(kv->values.v[i]);
		kv->values.v[i] = xstrdup(value);
		return;
	}
	kv_add(kv, key, value);
}

void kv_add(struct kv *kv, const char *key, const char *value)
{
	strv_push(&kv->keys, key);
	strv_push(&kv->values, value);
}

const char *kv_get(const struct kv *kv, const char *key)
{
	size_t i = find(kv, key);

	return i < kv->keys.n ? kv->values.v[i] : NULL;
}

static void encode(struct buf *out, const char *s)
{
	for (; *s; s++) {
		if (*s == '\n' || *s == '\r' || *s == '%')
			buf_addf(out, "%%%02X", (unsigned int)*s);
		else
			buf_addch(out, *s);
	}
}

/* In place: the result is never longer. */
static void decode(char *s)
{
	static const struct {
		const char *code;
		char c;
	} codes[] = {{"%0A", '\n'}, {"%0D", '\r'}, {"%25", '%'}};
	char *to = s;

	while (*s) {
		char c = *s;
		size_t len = 1;

		for (size_t i = 0; c == '%' && len == 1 && i < ARRAY_SIZE(codes); i++) {
			if (starts_with(s, codes[i].code)) {
				*to = codes[i].c;
				len = 3;
			}
		}
		if (len == 1)
			*to = c;
		to++;
		s += len;
	}
	*to = '\0';
}

int kv_read_stamped(struct kv *kv, int dirfd, const char *path, struct file_stamp *ret,
		    struct err *e)
{
	cleanup_buf struct buf b = BUF_INIT;
	char *line, *end;
	int r;

	r = file_read_stamped(dirfd, path, KV_MAX_SIZE, &b, ret, e);
	if (r < 0)
		return r;
	for (line = b.data; (end = strchr(line, '\n')); line = end + 1) {
		char *value;

		*end = '\0';
		value = line + strcspn(line, " ");
		if (*value)
			*value++ = '\0';
		decode(value);
		strv_push(&kv->keys, line);
		strv_push(&kv->values, value);
	}
	return 0;
}

int kv_read(struct kv *kv, int dirfd, const char *path, struct err *e)
{
	struct file_stamp ignored;

	return kv_read_stamped(kv, dirfd, path, &ignored, e);
}

static int format(const struct kv *kv, const char *path, struct buf *out, struct err *e)
{
	for (size_t i = 0; i < kv->keys.n; i++) {
		if (!kv->values.v[i])
			continue;
		buf_addf(out, "%s ", kv->keys.v[i]);
		encode(out, kv->values.v[i]);
		buf_addch(out, '\n');
	}
	if (out->len > KV_MAX_SIZE)
		return err_set(e, E2BIG, "'%s' would have more than the %u bytes that are read",
			       path, KV_MAX_SIZE);
	return 0;
}

int kv_write(const struct kv *kv, int dirfd, const char *path, struct err *e)
{
	cleanup_buf struct buf b = BUF_INIT;
	int r = format(kv, path, &b, e);

	return r < 0 ? r : file_write_atomic(dirfd, path, b.data, b.len, 0600, e);
}

int kv_write_passing(const struct kv *kv, int dirfd, const char *path, struct err *e)
{
	cleanup_buf struct buf b = BUF_INIT;
	int r = format(kv, path, &b, e);

	return r < 0 ? r : file_write_passing(dirfd, path, b.data, b.len, 0600, e);
}

int kv_write_over(const struct kv *kv, int dirfd, const char *path, struct err *e)
{
	cleanup_buf struct buf b = BUF_INIT;
	cleanup_close int fd = openat(dirfd, path, O_WRONLY | O_NOFOLLOW | O_CLOEXEC);
	struct stat st;
	ssize_t n;
	int r = format(kv, path, &b, e);

	if (r < 0)
		return r;
	if (fd < 0 || fstat(fd, &st) < 0)
		return err_sys(e, errno, "cannot write '%s'", path);
	while (b.len < (size_t)st.st_size)
		buf_addch(&b, '\n');
	n = pwrite(fd, b.data, b.len, 0);
	if (n == (ssize_t)b.len)
		return 0;
	return err_sys(e, n < 0 ? errno : ENOSPC, "cannot write '%s'", path);
}

int kv_write_first(const struct kv *kv, int dirfd, const char *path, struct err *e)
{
	cleanup_buf struct buf b = BUF_INIT;
	int r = format(kv, path, &b, e);

	return r < 0 ? r : file_write_first(dirfd, path, b.data, b.len, 0600, e);
}
