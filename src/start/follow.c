/*
 * follow.c - keeping read-only single files of the host up to date.
 *
 * The path is the one that was agreed to, symlinks resolved: code in a box that writes to a
 * directory on the way could put a symlink there, so none is followed.
 */
#include "start/follow.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/file_time.h"
#include "base/path.h"
#include "launch/files.h"

#define FOLLOW_NOTE "follow "
#define NOTES_MAX   (8u << 10) /* of the 64 KiB that box_start_notes() reads */
#define ALL_MAX	    (2u << 20) /* limit for what a session may bring */

/* Identifies a version of a file. */
static char *describe(const struct stat *st)
{
	cleanup_buf struct buf out = BUF_INIT;

	buf_addf(&out, "%llu-%lld-", (unsigned long long)st->st_ino, (long long)st->st_size);
	file_time_add(&st->st_mtim, &out);
	return buf_detach(&out);
}

void follow_note(const struct assembly *a, struct buf *out)
{
	size_t before = out->len;

	for (size_t i = 0; i < a->n_mounts && out->len - before < NOTES_MAX; i++) {
		const struct plan_mount *m = &a->mounts[i];
		cleanup_free char *now = NULL;
		struct stat st;

		/* A line cannot hold a path with a newline. */
		if (!m->follow || stat(m->source, &st) < 0 || !S_ISREG(st.st_mode) ||
		    strchr(m->source, '\n'))
			continue;
		now = describe(&st);
		buf_addf(out, FOLLOW_NOTE "%zu %s %s\n", i, now, m->source);
	}
}

static void add_file(struct buf *all, uint32_t index, const struct buf *text)
{
	struct session_file head = {.index = index, .size = (uint32_t)text->len};

	if (all->len + sizeof(head) + text->len > ALL_MAX)
		return;
	buf_add(all, &head, sizeof(head));
	buf_add(all, text->data, text->len);
}

/* Parses one line: "INDEX DESCRIPTION PATH". */
static void add_changed(int root, char *line, struct buf *all)
{
	char *end, *was, *path;
	unsigned long index = strtoul(line, &end, 10);
	cleanup_buf struct buf text = BUF_INIT;
	cleanup_free char *now = NULL;
	cleanup_close int fd = -1;
	struct err ignored;
	struct stat st;

	was = *end ? end + 1 : end;
	path = strchr(was, ' ');
	if (!path)
		return;
	*path++ = '\0';
	if (path_open_nolinks(root, path, O_RDONLY | O_NONBLOCK | O_NOCTTY, 0, &fd, &ignored) < 0 ||
	    fstat(fd, &st) < 0)
		return;
	now = describe(&st);
	if (streq(now, was) || file_read_fd(fd, path, FILES_FOLLOW_MAX, &text, &ignored) < 0)
		return;
	add_file(all, (uint32_t)index, &text);
}

void follow_changed(const char *notes, struct session_facts *ret)
{
	cleanup_free char *text = NULL;
	cleanup_buf struct buf all = BUF_INIT;
	cleanup_close int root = -1;
	char *save = NULL;

	if (!strstr(notes, "\n" FOLLOW_NOTE))
		return;
	text = xstrdup(notes);
	root = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	for (char *line = strtok_r(text, "\n", &save); line; line = strtok_r(NULL, "\n", &save))
		if (starts_with(line, FOLLOW_NOTE))
			add_changed(root, line + strlen(FOLLOW_NOTE), &all);
	ret->files_size = (uint32_t)all.len;
	ret->files = buf_detach(&all);
}
