/*
 * etc.c - passwd, group, hosts and resolv.conf of a box.
 *
 * Owns no more than lines it adds: files are replaced in the box's upper layer, not mounted over,
 * so that useradd(8) and friends, which rename a new file into place, work inside.
 */
#include "launch/etc.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/path.h"

#define ETC_FILE_MAX (1u << 20)

/* Reads /etc/NAME of the box; a missing file reads as empty and clears *ret_exists. */
static int read_etc(int rootfd, const char *path, struct buf *out, bool *ret_exists, struct err *e)
{
	cleanup_close int fd = -1;
	int r = path_open_beneath(rootfd, path, O_RDONLY | O_NONBLOCK | O_NOCTTY, 0, &fd, e);

	*ret_exists = r != -ENOENT;
	if (r == -ENOENT)
		return 0;
	if (r < 0)
		return r;
	return file_read_fd(fd, path, ETC_FILE_MAX, out, e);
}

/* A file that is there is replaced whole; a new one nobody else can see before the box starts. */
static int write_etc(int rootfd, const char *path, const char *data, size_t len, struct err *e)
{
	cleanup_close int etc = -1, fd = -1;
	int r = path_mkdirs_beneath(rootfd, "/etc", 0755, &etc, e);

	if (r < 0)
		return r;
	fd = openat(etc, path_basename(path), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
	if (fd < 0 && errno == EEXIST)
		return file_write_atomic(etc, path_basename(path), data, len, 0644, e);
	if (fd < 0 || (r = write_all(fd, data, len)) < 0)
		return err_sys(e, r ? -r : errno, "cannot write '%s'", path);
	return 0;
}

/* The length of field n (from 0) of a colon-separated line, and where it starts. */
static size_t field(const char *line, int n, const char **ret_start)
{
	for (; n > 0; n--) {
		line += strcspn(line, ":\n");
		if (*line != ':')
			break;
		line++;
	}
	*ret_start = line;
	return n > 0 ? 0 : strcspn(line, ":\n");
}

static bool same_field(const char *a, const char *b, int n)
{
	const char *fa, *fb;
	size_t la = field(a, n, &fa), lb = field(b, n, &fb);

	return la > 0 && la == lb && memcmp(fa, fb, la) == 0;
}

/* passwd(5) and group(5) both have the id in field 2. */
static bool has_entry(const char *text, const char *entry)
{
	for (const char *line = text; *line;) {
		if (same_field(line, entry, 2))
			return true;
		line += strcspn(line, "\n");
		line += *line == '\n';
	}
	return false;
}

static int add_entry(int rootfd, const char *path, const char *entry, struct err *e)
{
	cleanup_buf struct buf text = BUF_INIT;
	bool exists;
	int r;

	if (!entry)
		return 0;
	r = read_etc(rootfd, path, &text, &exists, e);
	if (r < 0 || has_entry(text.data, entry))
		return r;
	if (text.len && text.data[text.len - 1] != '\n')
		buf_addch(&text, '\n');
	buf_addf(&text, "%s\n", entry);
	return write_etc(rootfd, path, text.data, text.len, e);
}

static int write_if_missing(int rootfd, const char *path, const char *content, struct err *e)
{
	cleanup_close int fd = -1;
	int r;

	if (!content)
		return 0;
	r = path_open_beneath(rootfd, path, O_PATH | O_NOFOLLOW, 0, &fd, e);
	if (r != -ENOENT)
		return r;
	return write_etc(rootfd, path, content, strlen(content), e);
}

static int write_if_different(int rootfd, const char *path, const char *content, struct err *e)
{
	cleanup_buf struct buf text = BUF_INIT;
	bool exists;
	struct err ignored;

	if (!content)
		return 0;
	/* What cannot be read (a dangling link into /run, say) is replaced. */
	if (read_etc(rootfd, path, &text, &exists, &ignored) == 0 && exists &&
	    streq(text.data, content))
		return 0;
	return write_etc(rootfd, path, content, strlen(content), e);
}

int etc_apply(int rootfd, const struct plan_etc *etc, struct err *e)
{
	int r = add_entry(rootfd, "/etc/passwd", etc->passwd_line, e);

	if (r == 0)
		r = add_entry(rootfd, "/etc/group", etc->group_line, e);
	if (r == 0)
		r = write_if_missing(rootfd, "/etc/hosts", etc->hosts, e);
	if (r == 0)
		r = write_if_different(rootfd, "/etc/resolv.conf", etc->resolv_conf, e);
	if (r < 0)
		return err_add(e, "cannot prepare the box's /etc");
	return 0;
}
