/*
 * libcurl.c - see libcurl.h. Promises that no function is called unless all were found.
 */
#include "image/registry/libcurl.h"

#include "base/mem.h"
#include "image/layer/library.h"

struct libcurl lc;

#define LIBCURL_ROW(name) {#name, &lc.name},
static const struct library_function functions[] = {LIBCURL_FUNCTIONS(LIBCURL_ROW)};
#undef LIBCURL_ROW

int libcurl_load(struct err *e)
{
	static struct library library = {
		.file = "libcurl.so.4", /* the ABI since libcurl 7.16, of 2006 */
		.need = "libcurl, which registries need",
		.functions = functions,
		.n = ARRAY_SIZE(functions),
		.lock = PTHREAD_MUTEX_INITIALIZER,
	};

	return library_load(&library, e);
}
