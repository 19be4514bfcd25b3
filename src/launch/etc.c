/*
 * etc.c - passwd, group, hosts, nsswitch.conf and resolv.conf of a box.
 *
 * Owns only the lines it adds. Files are replaced in the box's upper layer and not mounted over, so
 * that useradd(8) and others, which rename a new file into place, work inside.
 */
#include "launch/etc.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/etc_text.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/path.h"

#define ETC_FILE_MAX (16u << 20)

/* Where the files are read, and where they are written: the box's root, or two of its layers. */
struct etc_roots {
	int from, to;
	int etc; /* of the second, once something is written; else -1 */
};

/* A missing file, and one that can never be read, count as empty; other errors are reported. */
static int read_open(int fd, int r, const char *path, struct buf *out, struct err *e)
{
	if (r == 0)
		r = file_read_fd(fd, path, ETC_FILE_MAX, out, e);
	return r == -ENOENT || r == -ENOTDIR || r == -ELOOP || r == -EINVAL || r == -ENXIO ? 0 : r;
}

/* Reads /etc/NAME of the box, following symlinks beneath its root. */
static int read_etc(const struct etc_roots *roots, const char *path, struct buf *out, struct err *e)
{
	cleanup_close int fd = -1;
	int r = path_open_beneath(roots->from, path, O_RDONLY | O_NONBLOCK | O_NOCTTY, 0, &fd, e);

	return read_open(fd, r, path, out, e);
}

/* Nobody else can see a new file before the box starts. */
static int write_etc(struct etc_roots *roots, const char *path, const struct buf *text,
		     struct err *e)
{
	int r = roots->etc < 0 ? path_mkdirs_beneath(roots->to, "/etc", 0755, &roots->etc, e) : 0;

	return r < 0 ? r
		     : file_write_first(roots->etc, path_basename(path), text->data, text->len,
					0644, e);
}

/* Users and groups: yours, and root. */
static int apply_ids(struct etc_roots *roots, const char *path, const char *line, const char *root,
		     bool (*check)(const struct buf *, const char *, bool, struct buf *),
		     const struct plan_etc *etc, struct err *e)
{
	cleanup_buf struct buf text = BUF_INIT, with_you = BUF_INIT, with_root = BUF_INIT;
	const struct buf *now = &text;
	int r = 0;

	if (!line && !etc->users)
		return 0;
	r = read_etc(roots, path, &text, e);
	if (r < 0)
		return r;
	if (line && !check(now, line, etc->only_ids, &with_you))
		now = &with_you;
	if (etc->users && !etc_text_root(now, root, &with_root))
		now = &with_root;
	return now == &text ? 0 : write_etc(roots, path, now, e);
}

static int apply_nsswitch(struct etc_roots *roots, struct err *e)
{
	static const char path[] = "/etc/nsswitch.conf";
	cleanup_buf struct buf text = BUF_INIT, new = BUF_INIT;
	int r = read_etc(roots, path, &text, e);

	if (r < 0 || etc_text_nsswitch(&text, &new))
		return r;
	return write_etc(roots, path, &new, e);
}

static int apply_hosts(struct etc_roots *roots, const struct plan_etc *etc, const char *hostname,
		       struct err *e)
{
	static const char path[] = "/etc/hosts";
	cleanup_buf struct buf text = BUF_INIT, new = BUF_INIT;
	int r = read_etc(roots, path, &text, e);

	if (r < 0 || etc_text_hosts(&text, hostname, etc->others, &new))
		return r;
	/* First, because a correct hosts is taken as a sign that this one was done too. */
	if (etc->users && (r = apply_nsswitch(roots, e)) < 0)
		return r;
	return write_etc(roots, path, &new, e);
}

static int write_if_different(struct etc_roots *roots, const char *path, const char *content,
			      struct err *e)
{
	cleanup_buf struct buf text = BUF_INIT, new = BUF_INIT;
	int r;

	if (!content)
		return 0;
	r = read_etc(roots, path, &text, e);
	if (r < 0 || streq(text.data, content))
		return r;
	buf_addstr(&new, content);
	return write_etc(roots, path, &new, e);
}

static int apply_all(struct etc_roots *roots, const struct plan_etc *etc, const char *hostname,
		     struct err *e)
{
	int r = apply_ids(roots, "/etc/passwd", etc->passwd_line, "root:x:0:0:root:/root:/bin/sh",
			  etc_text_passwd, etc, e);

	if (r == 0)
		r = apply_ids(roots, "/etc/group", etc->group_line, "root:x:0:", etc_text_group,
			      etc, e);
	if (r == 0 && etc->hosts)
		r = apply_hosts(roots, etc, hostname, e);
	if (r == 0)
		r = write_if_different(roots, "/etc/resolv.conf", etc->resolv_conf, e);
	return r < 0 ? err_add(e, "cannot prepare the box's /etc") : 0;
}

static int apply(int from, int to, const struct plan_etc *etc, const char *hostname, struct err *e)
{
	struct etc_roots roots = {.from = from, .to = to, .etc = -1};
	int r = apply_all(&roots, etc, hostname, e);

	close_fd(&roots.etc);
	return r;
}

int etc_apply(int rootfd, const struct plan_etc *etc, const char *hostname, struct err *e)
{
	return apply(rootfd, rootfd, etc, hostname, e);
}

/* Is it a directory that mkdir(2) makes the same? Or missing, then *ret_mode is the usual one. */
static bool is_plain_etc(int lower, mode_t *ret_mode)
{
	cleanup_close int fd = -1;
	struct stat st = {.st_mode = 0755};
	struct err ignored;
	int r = path_open_beneath(lower, "/etc", O_RDONLY | O_DIRECTORY | O_NOFOLLOW, 0, &fd,
				  &ignored);

	if (r < 0 ? r != -ENOENT : fstat(fd, &st) < 0 || flistxattr(fd, NULL, 0) != 0)
		return false;
	*ret_mode = st.st_mode & 07777;
	return st.st_uid == 0 && st.st_gid == 0 && *ret_mode <= 0777;
}

int etc_prepare(int lower, int upper, const struct plan_etc *etc, const char *hostname,
		bool *ret_done, struct err *e)
{
	mode_t mode;
	int r;

	if (!is_plain_etc(lower, &mode))
		return 0;
	if (mkdirat(upper, "etc", mode) < 0)
		return err_sys(e, errno, "cannot make the box's /etc in memory");
	r = apply(lower, upper, etc, hostname, e);
	if (r == 0)
		*ret_done = true;
	return r;
}

/* Opens the root's own /etc, with nothing mounted on it. */
static int open_own_etc(int *ret_fd)
{
	cleanup_close int fd = open("/etc", O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	struct stat root, etc;

	if (fd < 0 || stat("/", &root) < 0 || fstat(fd, &etc) < 0 || root.st_dev != etc.st_dev)
		return -ENOENT;
	*ret_fd = take_fd(&fd);
	return 0;
}

static void read_own(int etc, const char *name, struct buf *out)
{
	cleanup_close int fd = openat(etc, name,
				      O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	struct err ignored;

	if (fd >= 0)
		file_read_fd(fd, name, ETC_FILE_MAX, out, &ignored);
}

void etc_refresh(const struct plan_etc *etc)
{
	cleanup_buf struct buf hosts = BUF_INIT, resolv = BUF_INIT, new = BUF_INIT;
	cleanup_close int fd = -1;
	struct utsname self;
	struct err ignored;

	if (open_own_etc(&fd) < 0)
		return;
	read_own(fd, "hosts", &hosts);
	uname(&self);
	if (etc->others && !etc_text_hosts(&hosts, self.nodename, etc->others, &new))
		file_write_passing(fd, "hosts", new.data, new.len, 0644, &ignored);
	read_own(fd, "resolv.conf", &resolv);
	if (etc->resolv_conf && !streq(resolv.data, etc->resolv_conf))
		file_write_passing(fd, "resolv.conf", etc->resolv_conf, strlen(etc->resolv_conf),
				   0644, &ignored);
}
