/*
 * kv.h - small flat files of our own: a line `key value` for each entry.
 *
 * For records that only this program writes and that must hold any path: newline, carriage return
 * and percent sign are written as %0A, %0D and %25. Reading is bounded (1 MiB) and does not rely on
 * a complete file: an unknown key is ignored, a missing one is NULL.
 */
#ifndef BASE_KV_H
#define BASE_KV_H

#include "base/buf.h"
#include "base/err.h"
#include "base/file.h"
#include "base/mem.h"

struct kv {
	struct strv keys;
	struct strv values;
};

void kv_clear(struct kv *kv);
void kv_set(struct kv *kv, const char *key, const char *value); /* NULL value: not written */
void kv_add(struct kv *kv, const char *key, const char *value); /* may be repeated for one key */
const char *kv_get(const struct kv *kv, const char *key);	/* NULL when missing */
int kv_read(struct kv *kv, int dirfd, const char *path, struct err *e);
int kv_read_stamped(struct kv *kv, int dirfd, const char *path, struct file_stamp *ret,
		    struct err *e); /* as file_read_stamped() */

/* Writes with mode 0600, as file_write_atomic(), file_write_passing() or file_write_first(). */
int kv_write(const struct kv *kv, int dirfd, const char *path, struct err *e);
int kv_write_passing(const struct kv *kv, int dirfd, const char *path, struct err *e);
int kv_write_first(const struct kv *kv, int dirfd, const char *path, struct err *e);

/*
 * For a full disk: into the file that is there, which has its blocks, filled up with empty lines. A
 * reader may find lines of both.
 */
int kv_write_over(const struct kv *kv, int dirfd, const char *path, struct err *e);

#define cleanup_kv __attribute__((cleanup(kv_clear)))

#endif
