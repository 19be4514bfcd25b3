/*
 * devcontainer_file.c - see devcontainer_file.h.
 */
#include "config/devcontainer_file.h"

#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/dir.h"
#include "base/file.h"
#include "base/file_time.h"
#include "base/mem.h"

char *devcontainer_stamp(const struct stat *st)
{
	cleanup_buf struct buf out = BUF_INIT;

	buf_addf(&out, "%ju\t%ju\t%jd\t", (uintmax_t)st->st_dev, (uintmax_t)st->st_ino,
		 (intmax_t)st->st_size);
	buf_addf(&out, "%jd.%09ld\t", (intmax_t)st->st_mtim.tv_sec, st->st_mtim.tv_nsec);
	file_time_add(&st->st_ctim, &out);
	return buf_detach(&out);
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

void devcontainer_unescape(char *field)
{
	char *to = field;

	for (; *field; field++) {
		if (*field == '\\' && field[1]) {
			field++;
			*to++ = *field == 'n' ? '\n' : *field == 't' ? '\t' : *field;
		} else {
			*to++ = *field;
		}
	}
	*to = '\0';
}

/* The directory that a file belongs to; NULL: unknown. The caller frees it. */
static char *project_of(int folder, const char *name)
{
	cleanup_buf struct buf text = BUF_INIT;
	bool chosen = ends_with(name, DEVCONTAINER_CHOSEN);
	char *begin, *project;
	struct err ignored;

	if (file_read(folder, name, DEVCONTAINER_FLAT_MAX, &text, &ignored) < 0)
		return NULL;
	begin = chosen ? strchr(text.data, '\n') : strstr(text.data, "\nproject\t");
	if (!begin)
		return NULL;
	begin += chosen ? 1 : strlen("\nproject\t");
	project = xstrndup(begin, chosen ? strlen(begin) : strcspn(begin, "\n"));
	if (!chosen)
		devcontainer_unescape(project);
	return project;
}

void devcontainer_prune(int data_fd, const char *project)
{
	cleanup_close int folder = openat(data_fd, DEVCONTAINER_FOLDER,
					  O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	cleanup_strv struct strv names = {0};
	struct err ignored;

	if (folder < 0 || dir_names(folder, ".", &names, &ignored) < 0)
		return;
	for (size_t i = 0; i < names.n; i++) {
		cleanup_free char *of = project_of(folder, names.v[i]);

		if (of && ((project && streq(of, project)) || access(of, F_OK) < 0))
			unlinkat(folder, names.v[i], 0);
	}
}
