/*
 * mounted.c - the mount that a path is in, from what proc_pid_mountinfo(5) tells of a process.
 */
#include "launch/mounted.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/path.h"

#define MOUNTINFO_MAX (4u << 20)

void mounted_clear(struct mounted *m)
{
	free(m->at);
	free(m->place);
	*m = (struct mounted){0};
}

/* "\040" is a space. */
static void unescape(char *s)
{
	char *out = s;

	while (*s) {
		unsigned byte;

		if (*s == '\\' && sscanf(s + 1, "%3o", &byte) == 1) {
			*out++ = (char)byte;
			s += 4;
		} else {
			*out++ = *s++;
		}
	}
	*out = '\0';
}

/* Takes the line if the path is in its mount, and it is not above the one that is known. */
static void consider(char *line, const char *path, struct mounted *ret)
{
	char *word[6], *rest = line;
	size_t n = 0;

	while (n < ARRAY_SIZE(word) && (word[n] = strsep(&rest, " ")))
		n++;
	if (n < ARRAY_SIZE(word))
		return;
	unescape(word[3]);
	unescape(word[4]);
	if (!path_is_beneath(path, word[4]) || (ret->at && strlen(word[4]) < strlen(ret->at)))
		return;
	mounted_clear(ret);
	ret->at = xstrdup(word[4]);
	ret->read_only = starts_with(word[5], "ro");
	ret->place = xasprintf("%s:%s%s", word[2], streq(word[3], "/") ? "" : word[3],
			       path + (streq(word[4], "/") ? 0 : strlen(word[4])));
}

int mounted_find(pid_t pid, const char *path, struct mounted *ret, struct err *e)
{
	cleanup_free char *file = xasprintf("/proc/%d/mountinfo", pid);
	cleanup_buf struct buf text = BUF_INIT;
	char *rest, *line;
	int r = file_read(AT_FDCWD, file, MOUNTINFO_MAX, &text, e);

	if (r < 0)
		return r;
	rest = text.data;
	while ((line = strsep(&rest, "\n")))
		consider(line, path, ret);
	return ret->at ? 0 : err_set(e, ENOENT, "no mount has '%s'", path);
}
