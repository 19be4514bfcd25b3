/*
 * fuzz_record.c - any bytes as the record of a box: damaged, or writing it again preserves the
 * meaning.
 */
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/mem.h"
#include "box/record.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define ID	  "0123456789ab"
#define DIRECTORY "boxes/" ID

/* A store whose one box only has its record; in memory, because records are synced. */
static const struct store *scratch(void)
{
	static char dir[] = "/dev/shm/fuzz-record-XXXXXX";
	static struct store s = STORE_INIT;

	if (s.data_fd >= 0)
		return &s;
	if (!mkdtemp(dir) || (s.data_fd = open(dir, O_PATH | O_DIRECTORY | O_CLOEXEC)) < 0 ||
	    (s.runtime_fd = dup(s.data_fd)) < 0 || mkdirat(s.data_fd, "boxes", 0700) < 0 ||
	    mkdirat(s.data_fd, DIRECTORY, 0700) < 0)
		abort();
	s.data = s.runtime = dir;
	return &s;
}

static bool same(const char *a, const char *b)
{
	return a && b ? streq(a, b) : !a && !b;
}

static void check_same(const struct box *a, const struct box *b)
{
	if (!same(a->name, b->name) || !same(a->project, b->project) ||
	    !same(a->folder, b->folder) || !same(a->image, b->image) ||
	    !streq(a->digest.hex, b->digest.hex) || a->created != b->created ||
	    a->temporary != b->temporary || a->trial != b->trial || a->prepared.n != b->prepared.n)
		abort();
	for (size_t i = 0; i < a->prepared.n; i++)
		if (!streq(a->prepared.v[i], b->prepared.v[i]))
			abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	cleanup_box struct box first = BOX_INIT, second = BOX_INIT, damaged = BOX_INIT;
	const struct store *s = scratch();
	cleanup_close int fd = -1;
	struct err e;
	int r;

	unlinkat(s->data_fd, DIRECTORY "/record", 0);
	fd = openat(s->data_fd, DIRECTORY "/record", O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd < 0 || write_all(fd, data, size) < 0)
		abort();
	record_says_temporary(s, ID);
	r = box_load(s, ID, &first, &e);
	if (box_load_damaged(s, ID, &damaged, &e) < 0 || damaged.damaged != (r < 0))
		abort();
	if (r < 0)
		return 0;
	if (strchr(first.name, '/') || !*first.name || !first.image)
		abort();
	if (record_write(&first, first.dir_fd, &e) < 0 || box_load(s, ID, &second, &e) < 0)
		abort();
	check_same(&first, &second);
	return 0;
}
