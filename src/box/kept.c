/*
 * kept.c - what of the host a project was given, on disk.
 *
 *	boxes/<id>/reach	"for <directory>", then a line each
 *	DATA/bounds/<directory>	lines, of a project whose box was removed
 *
 * Consent belongs to the directory that it was given to, identified by file system, inode and birth
 * time (without birth times, by the other two): another directory at the same path has none, and
 * one that is moved keeps its own. Content and owner are one write, so being killed leaves the old
 * pair or the new one.
 *
 * A file of an older version has no owner. It then belongs to the directory in the box's record or,
 * if that has none either, to the one at its path, unless that was born after the box.
 */
#include "box/kept.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/file.h"
#include "base/path.h"
#include "box/folder.h"

#define REACH	  "reach"
#define BOUNDS	  "bounds"
#define KEPT_MAX  (1u << 20)
#define OWNER	  "for "
#define NO_FOLDER "unknown" /* id of no directory */

bool kept_is_bound(const char *line)
{
	return starts_with(line, KEPT_BOUND);
}

void kept_clear(struct kept_reach *k)
{
	strv_clear(&k->lines);
	*k = (struct kept_reach){0};
}

/* Splits text into lines; *ret_owner is the owner in the first line, or NULL. */
static void take_lines(char *text, struct strv *out, char **ret_owner)
{
	char *save = NULL, *line = strtok_r(text, "\n", &save);

	if (line && starts_with(line, OWNER)) {
		*ret_owner = xstrdup(line + strlen(OWNER));
		line = strtok_r(NULL, "\n", &save);
	}
	for (; line; line = strtok_r(NULL, "\n", &save))
		strv_push(out, line);
}

/* The present directory. The caller frees it. */
static char *owner_now(const struct box *b)
{
	/* A start has just checked: moved.c. */
	if (b->followed && b->folder)
		return xstrdup(b->folder);
	return folder_mark(b->project);
}

/* Whose is a file without an owner? NULL: it belongs to whatever is at the path. */
static char *owner_before(const struct box *b)
{
	if (b->folder)
		return xstrdup(b->folder);
	return folder_born_after(b->project, b->created) ? xstrdup(NO_FOLDER) : NULL;
}

/*
 * Reads the file; a missing one has no lines. *ret_owner: to whom it was given; NULL: not recorded.
 */
static int read_file(const struct box *b, struct strv *lines, char **ret_owner, bool *ret_exists,
		     struct err *e)
{
	cleanup_buf struct buf text = BUF_INIT;
	int r = file_read(b->dir_fd, REACH, KEPT_MAX, &text, e);

	if (r < 0 && r != -ENOENT)
		return r;
	*ret_exists = r == 0;
	if (r == 0)
		take_lines(text.data, lines, ret_owner);
	return 0;
}

int kept_read(const struct box *b, struct kept_reach *ret, struct err *e)
{
	cleanup_free char *owner = NULL, *now = NULL;
	cleanup_strv struct strv lines = {0};
	bool exists;
	int r;

	r = read_file(b, &lines, &owner, &exists, e);
	if (r < 0)
		return r;
	*ret = (struct kept_reach){0};
	ret->unowned = exists && !owner && b->project;
	if (!owner && b->project)
		owner = owner_before(b);
	if (owner && b->project)
		now = owner_now(b);
	/* A directory that is gone passes nothing on. */
	if (now && !streq(owner, now)) {
		ret->other_folder = true;
		return 0;
	}
	ret->exists = exists;
	ret->lines = lines;
	lines = (struct strv){0};
	return 0;
}

bool kept_is_of(const struct box *b, const char *id)
{
	cleanup_free char *owner = NULL;
	cleanup_strv struct strv lines = {0};
	struct err ignored; /* reported when it is read */
	bool exists;

	if (read_file(b, &lines, &owner, &exists, &ignored) < 0)
		return false;
	if (!owner)
		owner = owner_before(b);
	return !owner || streq(owner, id);
}

int kept_give(const struct box *b, struct err *e)
{
	cleanup_free char *owner = NULL;
	cleanup_strv struct strv lines = {0};
	bool exists;
	int r = read_file(b, &lines, &owner, &exists, e);

	return r < 0 || !exists ? r : kept_write(b, &lines, e);
}

int kept_write(const struct box *b, const struct strv *lines, struct err *e)
{
	cleanup_free char *owner = b->project ? owner_now(b) : NULL;
	cleanup_buf struct buf text = BUF_INIT;

	if (owner)
		buf_addf(&text, OWNER "%s\n", owner);
	for (size_t i = 0; i < lines->n; i++)
		buf_addf(&text, "%s\n", lines->v[i]);
	return file_write_atomic(b->dir_fd, REACH, text.data, text.len, 0600, e);
}

static char *bounds_path(const char *project)
{
	cleanup_free char *mark = folder_mark(project);

	return mark ? path_join(BOUNDS, mark) : NULL;
}

int kept_bounds_leave(const struct store *s, const struct box *b, struct err *e)
{
	cleanup_free char *path = NULL;
	cleanup_buf struct buf text = BUF_INIT;
	cleanup_kept struct kept_reach kept = {0};
	int r = !b->project || b->trial || b->temporary || b->damaged ? 0 : kept_read(b, &kept, e);

	for (size_t i = 0; i < kept.lines.n; i++)
		if (kept_is_bound(kept.lines.v[i]))
			buf_addf(&text, "%s\n", kept.lines.v[i]);
	if (r < 0 || !text.len || !(path = bounds_path(b->project)))
		return r;
	if (mkdirat(s->data_fd, BOUNDS, 0700) < 0 && errno != EEXIST)
		return err_sys(e, errno, "cannot make '%s/" BOUNDS "'", s->data);
	return file_write_atomic(s->data_fd, path, text.data, text.len, 0600, e);
}

int kept_bounds_read(const struct store *s, const char *project, struct strv *out, struct err *e)
{
	cleanup_free char *path = bounds_path(project), *owner = NULL;
	cleanup_buf struct buf text = BUF_INIT;
	int r = path ? file_read(s->data_fd, path, KEPT_MAX, &text, e) : -ENOENT;

	if (r < 0)
		return r == -ENOENT ? 0 : r;
	take_lines(text.data, out, &owner);
	return 1;
}

void kept_bounds_forget(const struct store *s, const char *project)
{
	cleanup_free char *path = bounds_path(project);

	if (path)
		unlinkat(s->data_fd, path, 0);
}
