/*
 * libarchive.c - see libarchive.h. Promises that no function is called unless all were found.
 */
#include "image/layer/libarchive.h"

#include <dlfcn.h>
#include <errno.h>
#include <pthread.h>
#include <stddef.h>
#include <string.h>

#include "base/mem.h"

#define LIBRARY "libarchive.so.13" /* the ABI since libarchive 3.1, of 2013 */

struct libarchive la;

static const struct {
	const char *name;
	size_t at; /* in la */
} functions[] = {
#define LIBARCHIVE_ROW(name) {#name, offsetof(struct libarchive, name)},
	LIBARCHIVE_FUNCTIONS(LIBARCHIVE_ROW)
#undef LIBARCHIVE_ROW
};

static pthread_once_t once = PTHREAD_ONCE_INIT;
static struct err failed;

static int find_functions(void *library)
{
	for (size_t i = 0; i < ARRAY_SIZE(functions); i++) {
		void *f = dlsym(library, functions[i].name);

		if (!f)
			return -1;
		memcpy((char *)&la + functions[i].at, &f, sizeof(f));
	}
	return 0;
}

static void load_once(void)
{
	void *library = dlopen(LIBRARY, RTLD_NOW | RTLD_LOCAL);

	if (!library || find_functions(library) < 0)
		err_set(&failed, ELIBACC, "cannot load libarchive, which archives need: %s",
			dlerror());
}

static int load(struct err *e)
{
	pthread_once(&once, load_once);
	if (failed.code)
		*e = failed;
	return -failed.code;
}

static int made(struct archive *a, struct archive **ret, struct err *e)
{
	if (!a)
		return err_set(e, ENOMEM, "cannot prepare libarchive");
	*ret = a;
	return 0;
}

int libarchive_reader(struct archive **ret, struct err *e)
{
	int r = load(e);

	return r < 0 ? r : made(la.archive_read_new(), ret, e);
}

int libarchive_writer(struct archive **ret, struct err *e)
{
	int r = load(e);

	return r < 0 ? r : made(la.archive_write_new(), ret, e);
}
