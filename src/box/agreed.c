/*
 * agreed.c - what the user agreed to by writing the file of a project, until there is a box to keep it.
 *
 *	DATA/agreed/<project key>	"<sha256 of sandbox.ini> <project, quoted>", then a line each
 *
 * Promises nothing to a file that is not, byte for byte, the one that was written.
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
#include "box/reach.h"

#define AGREED	   "agreed"
#define AGREED_MAX (1u << 20)

static char *path_of(const char *project)
{
	cleanup_free char *key = store_project_key(project, 1);

	return path_join(AGREED, key);
}

/* Two projects whose keys are the same are told apart by it. */
static char *header_of(const struct settings *s)
{
	cleanup_free char *project = err_quote_all(s->project_dir);

	return xasprintf("%s %s", s->project_sha256, project);
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

void agreed_read(const struct store *s, const struct settings *settings, struct strv *out)
{
	cleanup_buf struct buf text = BUF_INIT;
	cleanup_free char *path = NULL, *header = NULL;
	char *save = NULL, *line;
	struct err ignored; /* then it is asked */

	if (!settings->project_dir || !settings->project_sha256[0])
		return;
	path = path_of(settings->project_dir);
	header = header_of(settings);
	if (file_read(s->data_fd, path, AGREED_MAX, &text, &ignored) < 0)
		return;
	line = strtok_r(text.data, "\n", &save);
	if (!line || !streq(line, header))
		return;
	while ((line = strtok_r(NULL, "\n", &save)))
		strv_push(out, line);
}

void agreed_forget(const struct store *s, const char *project)
{
	cleanup_free char *path = path_of(project);

	unlinkat(s->data_fd, path, 0);
}
