/*
 * agreed.c - what the user agreed to by writing a project's file, until there is a box to keep it.
 *
 *	DATA/agreed/<key>	"<sha256 of sandbox.ini> <folder_mark()> <project, quoted>", then a
 *				line each
 *
 * It is valid only for a file that is byte for byte the one that was written, in the same
 * directory. What binds a project that has no box (any more) is read here, too.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/file.h"
#include "base/path.h"
#include "box/folder.h"
#include "box/kept.h"
#include "grant/reach.h"

#define AGREED	   "agreed"
#define AGREED_MAX (1u << 20)

static char *path_of(const char *project)
{
	return path_join(AGREED, store_key(project).hex);
}

/* Tells a directory from one that was made again at its path. */
static char *header_of(const struct settings *s)
{
	cleanup_free char *project = err_quote_all(s->project_dir);
	cleanup_free char *mark = folder_mark(s->project_dir);

	return xasprintf("%s %s %s", s->project_sha256, mark ? mark : "-", project);
}

int agreed_keep(const struct store *s, const struct settings *settings, const struct strv *lines,
		struct err *e)
{
	cleanup_free char *path = path_of(settings->project_dir), *header = header_of(settings);
	cleanup_buf struct buf text = BUF_INIT;

	if (mkdirat(s->data_fd, AGREED, 0700) < 0 && errno != EEXIST)
		return err_sys(e, errno, "cannot make '%s/" AGREED "'", s->data);
	buf_addf(&text, "%s\n", header);
	for (size_t i = 0; i < lines->n; i++)
		buf_addf(&text, "%s\n", lines->v[i]);
	return file_write_atomic(s->data_fd, path, text.data, text.len, 0600, e);
}

/*
 * A header of an older version, which did not name the directory: valid for one that existed when
 * it was written.
 */
static bool is_old_header(const struct store *s, const char *path, const struct settings *settings,
			  const char *line)
{
	cleanup_free char *project = err_quote_all(settings->project_dir);
	cleanup_free char *old = xasprintf("%s %s", settings->project_sha256, project);
	struct stat st;

	return streq(line, old) && fstatat(s->data_fd, path, &st, 0) == 0 &&
	       !folder_born_after(settings->project_dir, st.st_mtim.tv_sec);
}

static bool read_agreed(const struct store *s, const struct settings *settings, struct strv *out)
{
	cleanup_buf struct buf text = BUF_INIT;
	cleanup_free char *path = NULL, *header = NULL;
	char *save = NULL, *line;
	struct err ignored; /* then the user is asked */

	if (!settings->project_sha256[0])
		return false;
	path = path_of(settings->project_dir);
	header = header_of(settings);
	if (file_read(s->data_fd, path, AGREED_MAX, &text, &ignored) < 0)
		return false;
	line = strtok_r(text.data, "\n", &save);
	if (!line || !(streq(line, header) || is_old_header(s, path, settings, line)))
		return false;
	while ((line = strtok_r(NULL, "\n", &save)))
		strv_push(out, line);
	return true;
}

int agreed_read(const struct store *s, const struct settings *settings, struct strv *out,
		struct err *e)
{
	int r = 0;

	if (settings->project_dir && !read_agreed(s, settings, out))
		r = kept_bounds_read(s, settings->project_dir, out, e);
	return r < 0 ? r : 0;
}

void agreed_forget(const struct store *s, const char *project)
{
	cleanup_free char *path = path_of(project);

	unlinkat(s->data_fd, path, 0);
	kept_bounds_forget(s, project);
}
