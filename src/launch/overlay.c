/*
 * overlay.c - mounting the overlay: which directories it is given, and how.
 *
 * Promises that no character of a path can be taken for an option, and that the data of 200 layers
 * fits the one page of mount(2). Layers beside the first one are named relative to that directory;
 * all others as /proc/self/fd/N, which takes the kernel three times as long to look up.
 */
#include "launch/overlay.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/mem.h"
#include "base/path.h"
#include "launch/etc.h"
#include "launch/mount.h"

#define DATA_MAX    4095 /* one page, mount(2) */
#define FD_PATH_LEN 18	 /* length of "/proc/self/fd/999:" */
#define OTHER_LEN   100	 /* room for what follows the layers */

/* What the overlay's options refer to; open until it is mounted. */
struct overlay_dirs {
	int lowers[PLAN_MAX_LOWERS];
	size_t n_lowers;
	int upper, work;
};

static void close_overlay_dirs(struct overlay_dirs *d)
{
	for (size_t i = 0; i < d->n_lowers; i++)
		close_fd(&d->lowers[i]);
	close_fd(&d->upper);
	close_fd(&d->work);
}

/* If there is no upper directory: makes one in memory. */
static int open_memory_upper(int scratch, struct overlay_dirs *d, struct err *e)
{
	if (mkdirat(scratch, "upper", 0755) < 0 || mkdirat(scratch, "work", 0700) < 0)
		return err_sys(e, errno, "cannot make the box's upper directory in memory");
	d->upper = openat(scratch, "upper", O_PATH | O_DIRECTORY | O_CLOEXEC);
	d->work = openat(scratch, "work", O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (d->upper < 0 || d->work < 0)
		return err_sys(e, errno, "cannot open the box's upper directory in memory");
	return 0;
}

static int open_upper(const struct plan *p, int scratch, struct overlay_dirs *d, struct err *e)
{
	int r;

	if (!p->upper)
		return open_memory_upper(scratch, d, e);
	r = mount_open_dir(p->upper, &d->upper, e);
	return r < 0 ? r : mount_open_dir(p->work, &d->work, e);
}

/* Changes to the directory of the first layer; returns the length of its path. */
static int enter_layers(const struct plan *p, size_t *ret_len, struct err *e)
{
	size_t len = (size_t)(path_basename(p->lowers[0]) - p->lowers[0]);
	cleanup_free char *dir = xstrndup(p->lowers[0], len);

	if (chdir(dir) < 0)
		return err_sys(e, errno, "cannot enter '%s'", dir);
	*ret_len = len;
	return 0;
}

/*
 * The name of a layer beside the first one, if it contains no special character of mount options.
 */
static const char *plain_name(const struct plan *p, size_t i, size_t dir_len)
{
	const char *name = path_basename(p->lowers[i]);

	if ((size_t)(name - p->lowers[i]) != dir_len || !*name ||
	    strncmp(p->lowers[i], p->lowers[0], dir_len) != 0)
		return NULL;
	for (const char *c = name; *c; c++)
		if (!(*c >= '0' && *c <= '9') && !(*c >= 'a' && *c <= 'z'))
			return NULL;
	return name;
}

static int add_lowers(const struct plan *p, struct overlay_dirs *d, struct buf *data, struct err *e)
{
	size_t dir_len = 0;
	int r = enter_layers(p, &dir_len, e);

	for (size_t i = 0; r == 0 && i < p->n_lowers; i++) {
		const char *name = plain_name(p, i, dir_len);
		size_t others = (p->n_lowers - i) * FD_PATH_LEN + OTHER_LEN;

		if (i)
			buf_addch(data, ':');
		if (name && data->len + strlen(name) + others <= DATA_MAX) {
			buf_addstr(data, name);
			continue;
		}
		r = mount_open_dir(p->lowers[i], &d->lowers[d->n_lowers], e);
		if (r == 0)
			buf_addstr(data, fd_path(d->lowers[d->n_lowers++]).s);
	}
	return r;
}

/* Explains why the kernel refused an overlay. */
static int overlay_error(const struct plan *p, int errnum, struct err *e)
{
	if (errnum == EBUSY)
		return err_set(e, EBUSY, "the box's files are in use by another mount");
	for (size_t i = 0; errnum == ENOENT && i < p->n_lowers; i++)
		if (access(p->lowers[i], F_OK) < 0)
			return err_sys(e, errno, "cannot open '%s'", p->lowers[i]);
	if (errnum == EINVAL || errnum == ENODEV || errnum == EPERM)
		return err_sys(e, errnum, "cannot mount the overlay of '%s' (see sandbox doctor)",
			       p->lowers[0]);
	return err_sys(e, errnum, "cannot mount the overlay of '%s'", p->lowers[0]);
}

/*
 * If the work directory does not fit, the overlay is mounted read-only, and only the kernel log
 * says so.
 */
static int check_writable(const struct plan *p, struct err *e)
{
	struct statfs fs;

	if (statfs(p->staging, &fs) < 0 || !(fs.f_flags & ST_RDONLY))
		return 0;
	return err_sys(e, ENOSPC, "cannot make the overlay's work directory in '%s'",
		       p->work ? p->work : "memory");
}

/*
 * Files are made in an upper directory in a third of the time that they take through the overlay.
 * Only above a single layer, which looks as the overlay will.
 */
static int prepare_etc(const struct plan *p, int upper, bool *ret_done, struct err *e)
{
	cleanup_close int lower = -1;
	int r;

	if (p->upper || p->n_lowers != 1)
		return 0;
	r = mount_open_dir(p->lowers[0], &lower, e);
	return r < 0 ? r : etc_prepare(lower, upper, &p->etc, p->hostname, ret_done, e);
}

/*
 * userxattr: uses user.overlay.* attributes, the only ones we may write (Linux 5.11). index=on: a
 * second mount of a live upper fails with EBUSY instead of being undefined. Nobody else can mount
 * one in memory, and there the kernel logs that it cannot have an index.
 */
int overlay_mount(const struct plan *p, int scratch, bool *ret_etc, struct err *e)
{
	__attribute__((cleanup(close_overlay_dirs))) struct overlay_dirs d = {.upper = -1,
									      .work = -1};
	cleanup_buf struct buf data = BUF_INIT;
	bool etc = false;
	int r = open_upper(p, scratch, &d, e);

	buf_addstr(&data, p->upper ? "userxattr,index=on,lowerdir=" : "userxattr,lowerdir=");
	if (r == 0)
		r = add_lowers(p, &d, &data, e);
	if (r == 0)
		r = prepare_etc(p, d.upper, &etc, e);
	if (r < 0)
		return r;
	buf_addf(&data, ",upperdir=%s,workdir=%s", fd_path(d.upper).s, fd_path(d.work).s);
	if (mount("overlay", p->staging, "overlay", MS_NOSUID | MS_NODEV, data.data) < 0)
		return overlay_error(p, errno, e);
	r = check_writable(p, e);
	if (r == 0)
		*ret_etc = etc;
	return r;
}

static int make_memory_upper(int scratch, const char *name, struct overlay_dirs *d, struct err *e)
{
	cleanup_close int dir = -1;

	if (mkdirat(scratch, name, 0755) < 0)
		return err_sys(e, errno, "cannot make a directory in the box's memory");
	dir = openat(scratch, name, O_PATH | O_DIRECTORY | O_CLOEXEC);
	return dir < 0 ? err_sys(e, errno, "cannot open a directory of the box's memory")
		       : open_memory_upper(dir, d, e);
}

static int mount_above(const struct overlay_dirs *d, int target, const char *where, struct err *e)
{
	cleanup_buf struct buf data = BUF_INIT;

	buf_addf(&data, "userxattr,lowerdir=%s,upperdir=%s,workdir=%s", fd_path(d->lowers[0]).s,
		 fd_path(d->upper).s, fd_path(d->work).s);
	return mount_fs("overlay", target, MS_NOSUID | MS_NODEV, data.data, where, e);
}

int overlay_mount_folder(const struct plan_mount *m, int hostfd, int scratch, const char *name,
			 int target, struct err *e)
{
	__attribute__((cleanup(close_overlay_dirs))) struct overlay_dirs d = {.upper = -1,
									      .work = -1};
	int r = path_open_nolinks(hostfd, m->source, O_PATH | O_DIRECTORY, 0, &d.lowers[0], e);

	if (r < 0)
		return err_add(e, "cannot use '%s'", m->source);
	d.n_lowers = 1;
	r = m->upper ? mount_open_dir(m->upper, &d.upper, e)
		     : make_memory_upper(scratch, name, &d, e);
	if (r == 0 && m->work)
		r = mount_open_dir(m->work, &d.work, e);
	return r < 0 ? r : mount_above(&d, target, m->target, e);
}

int overlay_mount_upon(const struct plan_mount *m, int scratch, const char *name, int target,
		       struct err *e)
{
	__attribute__((cleanup(close_overlay_dirs))) struct overlay_dirs d = {.upper = -1,
									      .work = -1};
	int r;

	d.lowers[0] = fcntl(target, F_DUPFD_CLOEXEC, 0);
	if (d.lowers[0] < 0)
		return err_sys(e, errno, "cannot duplicate a descriptor");
	d.n_lowers = 1;
	r = make_memory_upper(scratch, name, &d, e);
	if (r == 0 && chmod(fd_path(d.upper).s, m->mode ? m->mode : 0755) < 0)
		r = err_sys(e, errno, "cannot set the mode of the box's upper directory");
	return r < 0 ? r : mount_above(&d, target, m->target, e);
}
