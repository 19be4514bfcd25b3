/*
 * libarchive.c - see libarchive.h. Promises that no function is called unless all were found.
 */
#include "image/layer/libarchive.h"

#include <errno.h>

#include "base/mem.h"
#include "image/layer/library.h"

struct libarchive la;

#define LIBARCHIVE_ROW(name) {#name, &la.name},
static const struct library_function functions[] = {LIBARCHIVE_FUNCTIONS(LIBARCHIVE_ROW)};
#undef LIBARCHIVE_ROW

static struct library library = {
	.file = "libarchive.so.13", /* the ABI since libarchive 3.1, of 2013 */
	.need = "libarchive, which archives need",
	.functions = functions,
	.n = ARRAY_SIZE(functions),
	.lock = PTHREAD_MUTEX_INITIALIZER,
};

static int made(struct archive *a, struct archive **ret, struct err *e)
{
	if (!a)
		return err_set(e, ENOMEM, "cannot prepare libarchive");
	*ret = a;
	return 0;
}

int libarchive_reader(struct archive **ret, struct err *e)
{
	int r = library_load(&library, e);

	return r < 0 ? r : made(la.archive_read_new(), ret, e);
}

int libarchive_writer(struct archive **ret, struct err *e)
{
	int r = library_load(&library, e);

	return r < 0 ? r : made(la.archive_write_new(), ret, e);
}
