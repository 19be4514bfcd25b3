/*
 * power_disk.c - a disk that records its writes, and loses its power.
 *
 *	power_disk serve IMAGE LOG DIR		DIR/disk is IMAGE; writes are recorded in LOG.
 *						Writing to DIR/mark records a mark
 *	power_disk list LOG			its marks and flushes, a line each: EVENT WHAT
 *	power_disk cut LOG IMAGE EVENT SEED PERCENT
 *						turns IMAGE, as it was before LOG, into what a
 *						power cut after EVENT leaves
 *
 * A disk with a cache, as all are: what was written before the last flush is there; of later
 * writes, any block may be there or not. SEED and PERCENT choose. A loop device on DIR/disk passes
 * its flushes to us as fsync(2).
 *
 * LOG: for each event a struct event, and the bytes that it refers to.
 */
#define FUSE_USE_VERSION 31

#include <errno.h>
#include <fcntl.h>
#include <fuse.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define BLOCK	  4096 /* the atomic unit of today's disks; xfs does not survive less */
#define MARK_MAX  64
#define WRITE_MAX (8u << 20)

enum { WRITE = 'w', FLUSH = 'f', MARK = 'm' };

struct event {
	uint32_t kind, length;
	uint64_t offset;
};

static int image = -1, event_log = -1;

static _Noreturn void fail(const char *what)
{
	fprintf(stderr, "power_disk: %s: %s\n", what, strerror(errno));
	exit(1);
}

static void note(uint32_t kind, uint64_t offset, const char *data, size_t length)
{
	struct event e = {.kind = kind, .offset = offset, .length = (uint32_t)length};

	if (write(event_log, &e, sizeof(e)) != sizeof(e) ||
	    write(event_log, data, length) != (ssize_t)length)
		fail("cannot write the log");
}

static int is_disk(const char *path)
{
	return strcmp(path, "/disk") == 0;
}

static int is_mark(const char *path)
{
	return strcmp(path, "/mark") == 0;
}

static int disk_getattr(const char *path, struct stat *st, struct fuse_file_info *fi)
{
	struct stat of_image;

	(void)fi;
	memset(st, 0, sizeof(*st));
	if (strcmp(path, "/") == 0) {
		st->st_mode = S_IFDIR | 0755;
		st->st_nlink = 2;
		return 0;
	}
	if (!is_disk(path) && !is_mark(path))
		return -ENOENT;
	if (fstat(image, &of_image) < 0)
		return -errno;
	st->st_mode = S_IFREG | 0600;
	st->st_nlink = 1;
	st->st_size = is_disk(path) ? of_image.st_size : 0;
	return 0;
}

static int disk_open(const char *path, struct fuse_file_info *fi)
{
	fi->direct_io = is_mark(path);
	return is_disk(path) || is_mark(path) ? 0 : -ENOENT;
}

static int disk_read(const char *path, char *data, size_t size, off_t offset,
		     struct fuse_file_info *fi)
{
	ssize_t n = is_disk(path) ? pread(image, data, size, offset) : 0;

	(void)fi;
	return n < 0 ? -errno : (int)n;
}

static int disk_write(const char *path, const char *data, size_t size, off_t offset,
		      struct fuse_file_info *fi)
{
	(void)fi;
	if (is_mark(path)) {
		note(MARK, 0, data, size < MARK_MAX ? size : MARK_MAX);
		return (int)size;
	}
	if (pwrite(image, data, size, offset) != (ssize_t)size)
		return -EIO;
	note(WRITE, (uint64_t)offset, data, size);
	return (int)size;
}

static int disk_fsync(const char *path, int datasync, struct fuse_file_info *fi)
{
	(void)datasync;
	(void)fi;
	if (is_disk(path))
		note(FLUSH, 0, "", 0);
	return 0;
}

/* A shell truncates when it writes a mark. */
static int disk_truncate(const char *path, off_t size, struct fuse_file_info *fi)
{
	(void)size;
	(void)fi;
	return is_mark(path) ? 0 : -EPERM;
}

static int serve(char **argv)
{
	static const struct fuse_operations operations = {.getattr = disk_getattr,
							  .open = disk_open,
							  .read = disk_read,
							  .write = disk_write,
							  .fsync = disk_fsync,
							  .truncate = disk_truncate};
	char *args[] = {argv[0], (char *)"-f", (char *)"-s", argv[4], NULL};

	image = open(argv[2], O_RDWR | O_CLOEXEC);
	event_log = open(argv[3], O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	if (image < 0 || event_log < 0)
		fail(image < 0 ? argv[2] : argv[3]);
	return fuse_main(4, args, &operations, NULL);
}

/* The next event and its bytes; 0 at the end. */
static int next(FILE *log, struct event *e, char *data)
{
	if (fread(e, sizeof(*e), 1, log) != 1)
		return 0;
	if (e->length > WRITE_MAX || fread(data, 1, e->length, log) != e->length) {
		errno = EBADMSG;
		fail("the log is cut off");
	}
	return 1;
}

static FILE *open_log(const char *path)
{
	FILE *log = fopen(path, "re");

	if (!log)
		fail(path);
	return log;
}

static int list(const char *path)
{
	char *data = malloc(WRITE_MAX);
	FILE *log = open_log(path);
	unsigned long n = 0;
	struct event e;

	if (!data)
		fail("malloc");
	for (; next(log, &e, data); n++) {
		if (e.kind == FLUSH)
			printf("%lu flush\n", n);
		else if (e.kind == MARK)
			printf("%lu mark %.*s\n", n, (int)strcspn(data, "\n"), data);
	}
	printf("%lu end\n", n);
	fclose(log);
	free(data);
	return 0;
}

/* xorshift64*, so that a seed gives the same result everywhere. */
static unsigned int chance(uint64_t *state)
{
	*state ^= *state >> 12;
	*state ^= *state << 25;
	*state ^= *state >> 27;
	return (unsigned int)((*state * UINT64_C(2685821657736338717)) >> 33) % 100;
}

static void put(const char *data, size_t length, uint64_t offset)
{
	if (pwrite(image, data, length, (off_t)offset) != (ssize_t)length)
		fail("cannot write the image");
}

static unsigned long last_flush(const char *path, unsigned long until, char *data)
{
	FILE *log = open_log(path);
	unsigned long flushed = 0;
	struct event e;

	for (unsigned long n = 0; n < until && next(log, &e, data); n++)
		if (e.kind == FLUSH)
			flushed = n;
	fclose(log);
	return flushed;
}

static int cut(char **argv)
{
	unsigned long until = strtoul(argv[4], NULL, 10), percent = strtoul(argv[6], NULL, 10);
	uint64_t state = strtoull(argv[5], NULL, 10) * 2 + 1;
	char *data = malloc(WRITE_MAX);
	unsigned long flushed;
	struct event e;
	FILE *log;

	image = open(argv[3], O_RDWR | O_CLOEXEC);
	if (image < 0 || !data)
		fail(argv[3]);
	flushed = last_flush(argv[2], until, data);
	log = open_log(argv[2]);
	for (unsigned long n = 0; n < until && next(log, &e, data); n++) {
		if (e.kind != WRITE)
			continue;
		if (n < flushed) {
			put(data, e.length, e.offset);
			continue;
		}
		for (size_t at = 0, n_bytes; at < e.length; at += n_bytes) {
			n_bytes = BLOCK - (e.offset + at) % BLOCK;
			if (n_bytes > e.length - at)
				n_bytes = e.length - at;
			if (chance(&state) < percent)
				put(data + at, n_bytes, e.offset + at);
		}
	}
	fclose(log);
	free(data);
	return 0;
}

int main(int argc, char **argv)
{
	if (argc == 5 && strcmp(argv[1], "serve") == 0)
		return serve(argv);
	if (argc == 3 && strcmp(argv[1], "list") == 0)
		return list(argv[2]);
	if (argc == 7 && strcmp(argv[1], "cut") == 0)
		return cut(argv);
	fputs("usage: power_disk serve IMAGE LOG DIR | list LOG | cut LOG IMAGE EVENT SEED "
	      "PERCENT\n",
	      stderr);
	return 2;
}
