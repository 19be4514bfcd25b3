/*
 * guarded.c - device and inode of each protected path, as lines `protected DEVICE INODE PATH`.
 */
#include "grant/guarded.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/cleanup.h"

#define NOTE	  "protected "
#define NOTES_MAX (16u << 10) /* the last paths are submodules */

void guarded_note(const struct strv *paths, struct buf *out)
{
	size_t begin = out->len;
	struct stat st;

	for (size_t i = 0; i < paths->n && out->len - begin < NOTES_MAX; i++)
		if (lstat(paths->v[i], &st) == 0 && !strchr(paths->v[i], '\n'))
			buf_addf(out, NOTE "%llx %llx %s\n", (unsigned long long)st.st_dev,
				 (unsigned long long)st.st_ino, paths->v[i]);
}

/* Parses one line after NOTE. */
static bool is_lost(const char *line, size_t len, char **ret_path)
{
	cleanup_free char *text = xstrndup(line, len);
	unsigned long long dev, ino;
	struct stat st;
	int at = 0;

	if (sscanf(text, "%llx %llx %n", &dev, &ino, &at) != 2 || text[at] != '/')
		return false;
	if (lstat(text + at, &st) == 0 && st.st_dev == dev && st.st_ino == ino)
		return false;
	*ret_path = xstrdup(text + at);
	return true;
}

char *guarded_lost(const char *notes)
{
	char *path = NULL;

	for (const char *p = notes; (p = strstr(p, "\n" NOTE));) {
		size_t len;

		p += strlen("\n" NOTE);
		len = strcspn(p, "\n");
		if (is_lost(p, len, &path))
			return path;
		p += len;
	}
	return NULL;
}

void guarded_note_git(const struct stat *st, struct buf *out)
{
	buf_addf(out, GUARDED_GIT "%llx %llx\n", (unsigned long long)st->st_dev,
		 (unsigned long long)st->st_ino);
}

bool guarded_is_other(const char *notes, const char *note, const struct stat *st)
{
	cleanup_free char *begin = xasprintf("\n%s", note);
	const char *line = strstr(notes, begin);
	unsigned long long dev, ino;

	return line && sscanf(line + strlen(begin), "%llx %llx", &dev, &ino) == 2 &&
	       (st->st_dev != dev || st->st_ino != ino);
}
