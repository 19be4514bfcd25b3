/*
 * watch_record.c - what a watched session was refused, in memory that its watcher and the client
 * share.
 */
#include "launch/watch_record.h"

#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/mem.h"

#define MAGIC	  UINT64_C(0x3164686374617773) /* "swatchd1" */
#define MAX_ERROR 4095			       /* MAX_ERRNO, linux/err.h */

int watch_record_make(int *ret_fd, struct err *e)
{
	cleanup_close int fd = memfd_create("refused", MFD_CLOEXEC | MFD_ALLOW_SEALING);

	if (fd < 0 || ftruncate(fd, sizeof(struct watch_record)) < 0 ||
	    fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL) < 0)
		return err_sys(e, errno, "cannot make the record of refusals");
	*ret_fd = take_fd(&fd);
	return 0;
}

struct watch_record *watch_record_map(int fd)
{
	struct watch_record *record = mmap(NULL, sizeof(*record), PROT_READ | PROT_WRITE,
					   MAP_SHARED, fd, 0);

	if (record == MAP_FAILED)
		return NULL;
	record->magic = MAGIC;
	return record;
}

bool watch_record_again(struct watch_record *record, const char *call, const char *path)
{
	for (uint32_t i = 0; i < record->n; i++) {
		struct watched *w = &record->at[i];

		if (!streq(w->call, call) || !streq(w->path, path))
			continue;
		w->time = clock_ms_of(CLOCK_REALTIME);
		w->count++;
		return true;
	}
	return false;
}

void watch_record_add(struct watch_record *record, const struct watched *w)
{
	if (record->n == WATCH_MAX) {
		record->more++;
		return;
	}
	record->at[record->n] = *w;
	record->at[record->n].time = clock_ms_of(CLOCK_REALTIME);
	record->at[record->n].count = 1;
	record->n++;
}

static bool is_text(const char *s, size_t size)
{
	return memchr(s, '\0', size);
}

static bool is_valid(const struct watched *w)
{
	struct seccomp_answer ignored;

	if (w->error <= 0 || w->error > MAX_ERROR || w->count == 0 ||
	    !is_text(w->call, sizeof(w->call)) || !is_text(w->path, sizeof(w->path)) ||
	    !is_text(w->mount, sizeof(w->mount)))
		return false;
	if (*w->call)
		return !*w->path && !*w->mount && seccomp_answer_of(w->call, &ignored);
	return *w->path == '/' && *w->mount == '/';
}

void watch_record_check(const void *data, size_t size, struct watch_record *ret)
{
	const size_t head = offsetof(struct watch_record, at);
	struct watched w;
	uint32_t n;

	memset(ret, 0, sizeof(*ret));
	ret->magic = MAGIC;
	if (size < head || memcmp(data, &ret->magic, sizeof(ret->magic)) != 0)
		return;
	memcpy(&n, (const char *)data + offsetof(struct watch_record, n), sizeof(n));
	memcpy(&ret->more, (const char *)data + offsetof(struct watch_record, more),
	       sizeof(ret->more));
	for (size_t i = 0; i < n && i < WATCH_MAX && head + (i + 1) * sizeof(w) <= size; i++) {
		memcpy(&w, (const char *)data + head + i * sizeof(w), sizeof(w));
		if (is_valid(&w))
			ret->at[ret->n++] = w;
	}
}

int watch_record_read(int fd, struct watch_record *ret, struct err *e)
{
	cleanup_free struct watch_record *raw = xcalloc(1, sizeof(*raw));
	ssize_t n = file_read_at(fd, raw, sizeof(*raw), 0);

	if (n < 0)
		return err_sys(e, (int)-n, "cannot read the record of refusals");
	watch_record_check(raw, (size_t)n, ret);
	return 0;
}

size_t watch_record_size(const struct watch_record *record)
{
	return offsetof(struct watch_record, at) + record->n * sizeof(record->at[0]);
}
