/*
 * fuzz_locale.c - any bytes as glibc's archive of locales, and any name: what is found is a string
 * in the file, and normalizing twice changes nothing.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/locale_archive.h"
#include "base/mem.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	cleanup_free char *name = xstrndup((const char *)data, size);
	cleanup_free char *once = locale_normalize(name), *twice = locale_normalize(once);
	cleanup_close int fd = memfd_create("archive", MFD_CLOEXEC);
	char path[64];

	if (!streq(once, twice))
		abort();
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	if (fd < 0 || write_all(fd, data, size) < 0)
		abort();
	if (locale_archive_has(path, "de_DE.utf8") && !memmem(data, size, "de_DE.utf8", 10))
		abort();
	return 0;
}
