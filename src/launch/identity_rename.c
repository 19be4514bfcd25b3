/*
 * identity_rename.c - the supervisor's answer to rename, renameat and renameat2.
 *
 * The answer is always "continue": the kernel renames, with the caller's rights and flags. Before
 * that, a directory that the overlay would refuse to rename (EXDEV) is made renamable (upper.c).
 * That does not change the content of the tree, so it does not matter if the caller's memory
 * changes a moment later. It is done with the box's uid and in the caller's own view of the file
 * system, so it reaches nothing that the caller cannot reach.
 *
 * The supervisor itself does nothing that can block: it only looks at what the kernel has cached
 * (RESOLVE_CACHED), which is enough for a file just written. Directories and unknown files are left
 * to a child. There are at most MAX_HELPERS.
 */
#include "launch/identity_rename.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/fs.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/dir.h"
#include "base/mem.h"
#include "launch/identity_file.h"
#include "launch/upper.h"

#ifndef RESOLVE_CACHED /* Linux 5.12 */
#define RESOLVE_CACHED 0x20
#endif

#define OPEN_TRIES 10000

/* One of the two names of a call. */
struct side {
	int dirfd;
	char path[PATH_MAX]; /* without trailing slashes */
};

struct request {
	struct side from, to;
	unsigned flags;
};

int rename_open_lock(void)
{
	return memfd_create("sandbox-rename", MFD_CLOEXEC);
}

static bool read_path(const struct notice *c, unsigned long long at, struct side *side)
{
	size_t len;

	if (!identity_file_read_path(c, at, side->path))
		return false;
	for (len = strlen(side->path); len > 1 && side->path[len - 1] == '/'; len--)
		side->path[len - 1] = '\0';
	return len > 0;
}

/* NULL for a name that rename never accepts, such as ".". */
static const char *last_of(const struct side *side)
{
	const char *slash = strrchr(side->path, '/'), *name = slash ? slash + 1 : side->path;

	return !*name || streq(name, ".") || streq(name, "..") ? NULL : name;
}

static bool read_request(const struct notice *c, struct request *request)
{
	const __u64 *a = c->n->data.args;
	bool at = c->call != IDS_RENAME;

	request->from.dirfd = at ? (int)a[0] : AT_FDCWD;
	request->to.dirfd = at ? (int)a[2] : AT_FDCWD;
	request->flags = c->call == IDS_RENAMEAT2 ? (unsigned)a[4] : 0;
	return read_path(c, a[at ? 1 : 0], &request->from) &&
	       read_path(c, a[at ? 3 : 1], &request->to) && last_of(&request->from) &&
	       last_of(&request->to) &&
	       !(request->flags & ~(unsigned)(RENAME_NOREPLACE | RENAME_EXCHANGE));
}

/* Opens where the caller's path starts; -1 if nowhere. */
static int open_start(const struct supervisor *s, const struct notice *c, const struct side *side)
{
	pid_t tid = (pid_t)c->n->pid;
	char link[48];

	if (side->path[0] == '/')
		snprintf(link, sizeof(link), "%d/root", tid);
	else if (side->dirfd == AT_FDCWD)
		snprintf(link, sizeof(link), "%d/cwd", tid);
	else
		snprintf(link, sizeof(link), "%d/fd/%d", tid, side->dirfd);
	return openat(s->proc_fd, link, O_PATH | O_DIRECTORY | O_CLOEXEC);
}

/*
 * While something on the machine is renamed the kernel cannot tell where ".." leads: EAGAIN, and
 * openat2(2) says to try again. With RESOLVE_CACHED that means something else.
 */
static int open_path(int start, const char *path, __u64 flags, __u64 resolve)
{
	int fd, left = resolve & RESOLVE_CACHED ? 1 : OPEN_TRIES;
	struct open_how how = {.flags = flags | O_PATH | O_CLOEXEC,
			       .resolve = resolve | RESOLVE_NO_MAGICLINKS};

	how.resolve |= *path == '/' ? RESOLVE_IN_ROOT : RESOLVE_BENEATH;
	do
		fd = (int)syscall(SYS_openat2, start, path, &how, sizeof(how));
	while (fd < 0 && errno == EAGAIN && --left > 0);
	return fd;
}

/* Never blocks. An unknown file may be one. */
static bool may_be_directory(const struct supervisor *s, const struct notice *c,
			     const struct side *side)
{
	cleanup_close int start = open_start(s, c, side);
	cleanup_close int fd = -1;
	struct statx st;

	if (start < 0)
		return false;
	fd = open_path(start, side->path, O_NOFOLLOW, RESOLVE_CACHED);
	if (fd < 0)
		return errno != ENOENT;
	return statx(fd, "", AT_EMPTY_PATH | AT_STATX_DONT_SYNC, STATX_TYPE, &st) < 0 ||
	       S_ISDIR(st.stx_mode);
}

/* Opens the directory that contains the name. */
static int open_parent(const struct supervisor *s, const struct notice *c, const struct side *side)
{
	size_t len = (size_t)(last_of(side) - side->path);
	cleanup_free char *path = len ? xstrndup(side->path, len) : xstrdup(".");
	cleanup_close int start = open_start(s, c, side);
	int fd = start < 0 ? -1 : open_path(start, path, O_DIRECTORY, 0);

	if (fd < 0 && start >= 0 && errno == EXDEV && identity_file_same_root(s, c))
		fd = openat(start, path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	return fd;
}

static bool same_mount(int a, int b)
{
	struct statx x, y;

	return statx(a, "", AT_EMPTY_PATH, STATX_MNT_ID, &x) == 0 &&
	       statx(b, "", AT_EMPTY_PATH, STATX_MNT_ID, &y) == 0 && x.stx_mnt_id == y.stx_mnt_id;
}

/*
 * A directory that is not empty cannot be replaced; the kernel says so for one in the upper layer,
 * but EXDEV for others. Returns 0, -ENOTEMPTY, or -ENOTDIR if it is not a directory. Other errors
 * are left to the kernel.
 */
static int check_replaced(int from, const char *from_name, int to, const char *to_name)
{
	cleanup_dir struct dir d = {0};
	int fd = openat(to, to_name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	struct stat old, new;
	struct err ignored;

	if (fd < 0)
		return errno == ENOTDIR || errno == ELOOP ? -ENOTDIR : 0;
	if (dir_take(&d, &fd, to_name, &ignored) < 0 || dir_next(&d, &ignored) <= 0)
		return 0;
	fd = dir_fd(&d);
	if (!same_mount(fd, to) || fstat(fd, &new) < 0 ||
	    fstatat(from, from_name, &old, AT_SYMLINK_NOFOLLOW) < 0 || !S_ISDIR(old.st_mode))
		return 0;
	return old.st_dev == new.st_dev &&old.st_ino == new.st_ino ? 0 : -ENOTEMPTY;
}

/* Makes the source renamable; 0 if it is already, or cannot be renamed anyway. */
static int make_movable(const struct supervisor *s, const struct notice *c, const struct request *q)
{
	cleanup_close int from = open_parent(s, c, &q->from), to = open_parent(s, c, &q->to);
	const char *from_name = last_of(&q->from), *to_name = last_of(&q->to);
	int r;

	/* If the caller still waits, the files we opened are its own. */
	if (from < 0 || to < 0 || !notice_valid(c) || !same_mount(from, to))
		return 0;
	if (q->flags & RENAME_NOREPLACE && faccessat(to, to_name, F_OK, AT_SYMLINK_NOFOLLOW) == 0)
		return 0;
	if (q->flags & RENAME_EXCHANGE)
		r = upper_make(to, to_name, s->rename_lock);
	else
		r = check_replaced(from, from_name, to, to_name);
	return r < 0 ? r : upper_make(from, from_name, s->rename_lock);
}

static void work(const struct supervisor *s, const struct notice *c, const struct request *q)
{
	int r = make_movable(s, c, q);

	if (r == -ENOSPC || r == -EDQUOT || r == -ENOTEMPTY)
		notice_answer(c, -r, 0);
	else
		notice_continue(c);
}

void rename_answer(struct supervisor *s, const struct notice *c)
{
	static struct request q;
	pid_t pid;

	if (!read_request(c, &q) || !notice_valid(c) ||
	    (!may_be_directory(s, c, &q.from) &&
	     !(q.flags & RENAME_EXCHANGE && may_be_directory(s, c, &q.to)))) {
		notice_continue(c);
		return;
	}
	pid = helper_fork(&s->helpers);
	if (pid == 0) {
		work(s, c, &q);
		_exit(0);
	}
	if (pid < 0)
		notice_continue(c);
}
