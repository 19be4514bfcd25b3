/*
 * locale_archive.c - which locales glibc finds.
 *
 * The archive belongs to the image: every number in it is checked against the file size before use,
 * and only the region of names is read.
 */
#include "base/locale_archive.h"

#include <ctype.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/mem.h"

#define ARCHIVE_MAGIC 0xde020109u
#define NAMES_MAX     (1u << 20) /* all 350 locales of glibc take 8 KiB */

/* The beginning of struct locarhead. */
struct archive_head {
	uint32_t magic, serial;
	uint32_t namehash_offset, namehash_used, namehash_size;
	uint32_t string_offset, string_used, string_size;
};

char *locale_normalize(const char *name)
{
	size_t before = strcspn(name, ".@"), codeset = 0;
	const char *from = name + before;
	char *out = xcalloc(strlen(name) + sizeof(".iso"), 1), *to;
	bool digits = true;

	if (*from == '.')
		codeset = strcspn(++from, "@");
	for (size_t i = 0; i < codeset; i++)
		digits &= !isalpha((unsigned char)from[i]);
	to = mempcpy(out, name, before);
	if (codeset)
		to = stpcpy(to, digits ? ".iso" : ".");
	for (size_t i = 0; i < codeset; i++)
		if (isalnum((unsigned char)from[i]))
			*to++ = (char)tolower((unsigned char)from[i]);
	memcpy(to, from + codeset, strlen(from + codeset) + 1);
	return out;
}

static bool has_string(const char *strings, size_t size, const char *name)
{
	size_t n = strlen(name) + 1; /* including its NUL */

	for (const char *at = strings, *end = strings + size; at < end;) {
		const char *nul = memchr(at, '\0', (size_t)(end - at));

		if (!nul)
			return false;
		if ((size_t)(nul - at) + 1 == n && memcmp(at, name, n) == 0)
			return true;
		at = nul + 1;
	}
	return false;
}

bool locale_archive_has(const char *path, const char *name)
{
	cleanup_close int fd = open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	cleanup_free char *strings = NULL;
	struct archive_head head;
	struct stat st;
	ssize_t n;

	if (fd < 0 || fstat(fd, &st) < 0 || !S_ISREG(st.st_mode) ||
	    pread(fd, &head, sizeof(head), 0) != sizeof(head) || head.magic != ARCHIVE_MAGIC ||
	    !head.string_used || head.string_used > NAMES_MAX)
		return false;
	strings = xcalloc(head.string_used, 1);
	n = pread(fd, strings, head.string_used, head.string_offset);
	return n > 0 && has_string(strings, (size_t)n, name);
}
