/*
 * copy_stamps.c - a table of records in memory, and its file.
 */
#include "build/copy_stamps.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/dir.h"
#include "base/file.h"
#include "base/file_time.h"
#include "base/mem.h"

#define MAGIC	    "sandbox stamps 1"
#define FILE_PREFIX "stamps-"
#define RECORDS_MAX 4000000
#define SLOTS_MIN   1024
#define KEPT_DAYS   30 /* without a build that learnt something */
#define UNUSED_MAX  20 /* builds that learnt something, and did not look at the file */

/* What it costs to open a file, as bytes that are read in that time. */
#define OPEN_COST 16384

/* Times of files advance by the kernel's tick, or slower (file_time.h). */
#define TICK_NS	  20000000
#define COARSE_NS (FILE_TIME_COARSE_S * INT64_C(1000000000))

struct record {
	uint64_t dev, ino, size;
	int64_t mtime, ctime; /* in nanoseconds */
	uint32_t unused;
	uint32_t fresh; /* too new to be kept */
	unsigned char digest[COPY_STAMP_BYTES];
};

struct header {
	char magic[16];
	uint64_t n, sum;
};

struct copy_stamps {
	int cache_fd;
	char *name; /* NULL: not kept */
	struct record *v;
	size_t n, cap;
	uint32_t *slots; /* index + 1 of a record; 0: none */
	size_t n_slots;	 /* a power of two, or 0: not made yet */
	uint64_t learnt; /* what reading it again would cost, about in bytes */
	size_t next;	 /* the record that is probably asked for next: walks have one order */
};

static int64_t nanoseconds(const struct timespec *t)
{
	return (int64_t)t->tv_sec * 1000000000 + t->tv_nsec;
}

static struct record record_of(const struct stat *st)
{
	return (struct record){
		.dev = st->st_dev,
		.ino = st->st_ino,
		.size = (uint64_t)st->st_size,
		.mtime = nanoseconds(&st->st_mtim),
		.ctime = nanoseconds(&st->st_ctim),
	};
}

static bool is_same(const struct record *a, const struct record *b)
{
	return a->dev == b->dev && a->ino == b->ino && a->size == b->size && a->mtime == b->mtime &&
	       a->ctime == b->ctime;
}

bool copy_stamps_same(const struct stat *a, const struct stat *b)
{
	const struct record x = record_of(a), y = record_of(b);

	return is_same(&x, &y) && a->st_mode == b->st_mode;
}

/* Where the file's record is, or would be. */
static uint32_t *find_slot(const struct copy_stamps *s, uint64_t dev, uint64_t ino)
{
	uint64_t h = (ino ^ dev << 32) * UINT64_C(0x9e3779b97f4a7c15);
	size_t i = (size_t)(h >> 20) & (s->n_slots - 1);

	while (s->slots[i] &&
	       (s->v[s->slots[i] - 1].ino != ino || s->v[s->slots[i] - 1].dev != dev))
		i = (i + 1) & (s->n_slots - 1);
	return &s->slots[i];
}

/* Makes the table, or a larger one, when it is needed. */
static uint32_t *slot_of(struct copy_stamps *s, uint64_t dev, uint64_t ino)
{
	if (s->n_slots <= 2 * s->n) {
		s->n_slots = s->n_slots ? s->n_slots : SLOTS_MIN;
		while (s->n_slots <= 2 * s->n)
			s->n_slots *= 2;
		free(s->slots);
		s->slots = xcalloc(s->n_slots, sizeof(*s->slots));
		for (size_t i = 0; i < s->n; i++)
			*find_slot(s, s->v[i].dev, s->v[i].ino) = (uint32_t)i + 1;
	}
	return find_slot(s, dev, ino);
}

/* The record of the file, of this version or another; NULL. Mostly without the table. */
static struct record *record_at(struct copy_stamps *s, const struct record *wanted)
{
	struct record *r = s->next < s->n ? &s->v[s->next] : NULL;
	uint32_t slot;

	if (r && r->ino == wanted->ino && r->dev == wanted->dev)
		return r;
	slot = s->n ? *slot_of(s, wanted->dev, wanted->ino) : 0;
	return slot ? &s->v[slot - 1] : NULL;
}

/* Of what is at least as long as a record; a file of ours, so it only finds damage. */
static uint64_t sum_of(const struct record *v, size_t n)
{
	const uint64_t *word = (const uint64_t *)(const void *)v;
	uint64_t sum = n;

	for (size_t i = 0; i < n * (sizeof(*v) / sizeof(*word)); i++)
		sum = (sum ^ word[i]) * UINT64_C(0x100000001b3) + (sum >> 29);
	return sum;
}

static bool read_all(int fd, void *to, size_t size)
{
	size_t len = 0;
	ssize_t n = 1;

	while (len < size && ((n = read(fd, (char *)to + len, size - len)) > 0 || errno == EINTR))
		len += n > 0 ? (size_t)n : 0;
	return len == size;
}

static void load(struct copy_stamps *s)
{
	cleanup_close int fd = openat(s->cache_fd, s->name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	cleanup_free struct record *v = NULL;
	struct header h;
	struct stat st;

	if (fd < 0 || fstat(fd, &st) < 0 || !read_all(fd, &h, sizeof(h)) ||
	    memcmp(h.magic, MAGIC, sizeof(h.magic)) != 0 || h.n > RECORDS_MAX ||
	    (uint64_t)st.st_size != sizeof(h) + h.n * sizeof(*v))
		return;
	v = xrealloc(NULL, h.n + 1, sizeof(*v));
	if (!read_all(fd, v, h.n * sizeof(*v)) || sum_of(v, h.n) != h.sum)
		return;
	s->v = take_ptr(v);
	s->n = s->cap = h.n;
	for (size_t i = 0; i < s->n; i++)
		s->v[i].unused++;
}

struct copy_stamps *copy_stamps_open(int cache_fd, int of_fd)
{
	struct copy_stamps *s = xcalloc(1, sizeof(*s));
	struct stat st;

	s->cache_fd = cache_fd;
	if (cache_fd >= 0 && fstat(of_fd, &st) == 0) {
		s->name = xasprintf(FILE_PREFIX "%llx-%llx", (unsigned long long)st.st_dev,
				    (unsigned long long)st.st_ino);
		load(s);
	}
	return s;
}

/* Files for trees that were not built for a long time. */
static void sweep(int cache_fd)
{
	cleanup_strv struct strv names = {0};
	const time_t oldest = time(NULL) - (time_t)KEPT_DAYS * 86400;
	struct err ignored;
	struct stat st;

	if (dir_names(cache_fd, ".", &names, &ignored) < 0)
		return;
	for (size_t i = 0; i < names.n; i++)
		if (starts_with(names.v[i], FILE_PREFIX) &&
		    fstatat(cache_fd, names.v[i], &st, AT_SYMLINK_NOFOLLOW) == 0 &&
		    st.st_mtime < oldest)
			unlinkat(cache_fd, names.v[i], 0);
}

static void save(struct copy_stamps *s)
{
	cleanup_buf struct buf text = BUF_INIT;
	struct header h = {.n = 0};
	struct err ignored;
	size_t kept = 0;

	for (size_t i = 0; i < s->n; i++)
		if (!s->v[i].fresh && s->v[i].unused <= UNUSED_MAX && kept < RECORDS_MAX)
			s->v[kept++] = s->v[i];
	memcpy(h.magic, MAGIC, sizeof(h.magic));
	h.n = kept;
	h.sum = sum_of(s->v, kept);
	buf_reserve(&text, sizeof(h) + kept * sizeof(*s->v));
	buf_add(&text, &h, sizeof(h));
	if (kept)
		buf_add(&text, s->v, kept * sizeof(*s->v));
	if (file_write_passing(s->cache_fd, s->name, text.data, text.len, 0600, &ignored) == 0)
		sweep(s->cache_fd);
}

void copy_stamps_close(struct copy_stamps *s)
{
	if (!s)
		return;
	if (s->name && s->learnt > s->n * sizeof(*s->v))
		save(s);
	free(s->name);
	free(s->v);
	free(s->slots);
	free(s);
}

const unsigned char *copy_stamps_find(struct copy_stamps *s, const struct stat *st)
{
	const struct record wanted = record_of(st);
	struct record *r = record_at(s, &wanted);

	if (!r || !is_same(r, &wanted))
		return NULL;
	s->next = (size_t)(r - s->v) + 1;
	r->unused = 0;
	return r->digest;
}

void copy_stamps_add(struct copy_stamps *s, const struct stat *st, const struct timespec *begun,
		     const unsigned char digest[COPY_STAMP_BYTES])
{
	struct record r = record_of(st);
	bool coarse = !st->st_mtim.tv_nsec && !st->st_ctim.tv_nsec;
	int64_t since = nanoseconds(begun) - (r.ctime > r.mtime ? r.ctime : r.mtime);
	struct record *old = record_at(s, &r);

	r.fresh = since < (coarse ? COARSE_NS : TICK_NS);
	memcpy(r.digest, digest, sizeof(r.digest));
	s->learnt += r.fresh ? 0 : OPEN_COST + r.size;
	if (old) {
		*old = r;
		s->next = (size_t)(old - s->v) + 1;
		return;
	}
	if (s->n == s->cap) {
		s->cap = s->cap ? 2 * s->cap : 1024;
		s->v = xrealloc(s->v, s->cap, sizeof(*s->v));
	}
	s->v[s->n++] = r;
	*slot_of(s, r.dev, r.ino) = (uint32_t)s->n;
}
