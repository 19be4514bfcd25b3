/*
 * devcontainer_file.c - see devcontainer_file.h.
 */
#include "config/devcontainer_file.h"

#include <stdint.h>

#include "base/mem.h"

char *devcontainer_stamp(const struct stat *st)
{
	return xasprintf("%ju\t%ju\t%jd\t%jd.%09ld\t%jd.%09ld", (uintmax_t)st->st_dev,
			 (uintmax_t)st->st_ino, (intmax_t)st->st_size, (intmax_t)st->st_mtim.tv_sec,
			 st->st_mtim.tv_nsec, (intmax_t)st->st_ctim.tv_sec, st->st_ctim.tv_nsec);
}

void devcontainer_field(struct buf *out, const char *text)
{
	for (; *text; text++) {
		if (*text == '\n')
			buf_addstr(out, "\\n");
		else if (*text == '\t')
			buf_addstr(out, "\\t");
		else if (*text == '\\')
			buf_addstr(out, "\\\\");
		else
			buf_addch(out, *text);
	}
}
