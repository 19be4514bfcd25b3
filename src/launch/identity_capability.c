/*
 * identity_capability.c - security.capability as the programs of a build set and see it.
 *
 * The kernel's attribute would lend rights on the host to whoever runs the file, if the host's root
 * builds, and a layer's files cannot have it. So the attribute is a mark (base/capability.h), like
 * the owner: it moves with the file and is copied up with it. Who may do what, and what takes it
 * from a file, is as in the kernel (cap_convert_nscap and kin, security/commoncap.c): root sets and
 * removes it, everybody reads it; chown(2) takes it away (identity_owner.c), and so does a write,
 * because the time of the file is another then. When a program sets that time, identity_marks.c
 * sets the mark's, too.
 *
 * Left to the kernel: other attributes and other kinds of files; callers in a chroot(2); marks that
 * the file system cannot hold.
 */
#include "launch/identity_capability.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/xattr.h>
#include <time.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file_time.h"
#include "base/mem.h"
#include "launch/caps.h"
#include "launch/identity_file.h"
#include "launch/identity_owner.h"

/* Together more than a tick at 100 Hz, the slowest; or than a second. */
#define TICK_PAUSE_NS 500000
#define TICK_PAUSES   40
#define COARSE_PAUSES 2400

static bool names_capability(const struct notice *c)
{
	char name[PATH_MAX];

	return identity_file_read_path(c, c->n->data.args[1], name) &&
	       streq(name, CAPABILITY_XATTR);
}

/* The regular file that the call is about; -1: it is another, or nothing of ours. */
static int open_subject(const struct supervisor *s, const struct notice *c, bool follow)
{
	cleanup_close int fd = -1;
	char path[PATH_MAX];
	struct stat st;

	if (c->call == IDS_FGETXATTR || c->call == IDS_FSETXATTR || c->call == IDS_FREMOVEXATTR)
		fd = identity_file_open(s, c, (int)c->n->data.args[0], NULL, false);
	else if (identity_file_read_path(c, c->n->data.args[0], path) && *path)
		fd = identity_file_open(s, c, AT_FDCWD, path, follow);
	return fd >= 0 && fstat(fd, &st) == 0 && S_ISREG(st.st_mode) ? take_fd(&fd) : -1;
}

bool identity_capability_read(int fd, struct capability *ret, struct stat *ret_st)
{
	char name[12], text[CAPABILITY_MAX];
	ssize_t n;

	snprintf(name, sizeof(name), "%d", fd);
	n = getxattr(name, CAPABILITY_MARK, text, sizeof(text));
	if (n < 0 && errno == EACCES) {
		caps_override(true);
		n = getxattr(name, CAPABILITY_MARK, text, sizeof(text));
		caps_override(false);
	}
	return n > 0 && capability_parse(text, (size_t)n, ret) && fstat(fd, ret_st) == 0;
}

/*
 * A write gives the file the time of this clock, which goes on in ticks (current_time(), fs/inode.c):
 * one that comes after the answer must give it another time than the mark has. A time that a program
 * chose may be far ahead. Whole seconds, of ext4 with inodes of 128 bytes, take as long.
 */
static void wait_past(const struct timespec *mtime)
{
	const struct timespec pause = {.tv_nsec = TICK_PAUSE_NS};
	const int pauses = mtime->tv_nsec ? TICK_PAUSES : COARSE_PAUSES;
	struct timespec now;

	for (int i = 0; i < pauses; i++) {
		clock_gettime(CLOCK_REALTIME_COARSE, &now);
		if (file_time_is_before(mtime, &now) || mtime->tv_sec > now.tv_sec + 1)
			return;
		nanosleep(&pause, NULL);
	}
}

int identity_capability_write(int fd, struct capability *c, bool held)
{
	char name[12], text[CAPABILITY_MAX];
	struct stat st;
	int r;

	snprintf(name, sizeof(name), "%d", fd);
	if (fstat(fd, &st) < 0)
		return -errno;
	c->mtime = st.st_mtim;
	caps_override(true);
	r = held ? setxattr(name, CAPABILITY_MARK, text, capability_format(c, text), 0)
		 : removexattr(name, CAPABILITY_MARK);
	r = r < 0 ? -errno : 0;
	caps_override(false);
	if (r == 0 && held)
		wait_past(&c->mtime);
	return r;
}

/* One that the kernel has: an older program made the layer, or a file system took no mark. */
static bool has_real(int fd)
{
	char name[12];

	snprintf(name, sizeof(name), "%d", fd);
	return getxattr(name, CAPABILITY_XATTR, NULL, 0) >= 0;
}

static void remove_real(int fd)
{
	char name[12];

	snprintf(name, sizeof(name), "%d", fd);
	caps_override(true);
	removexattr(name, CAPABILITY_XATTR);
	caps_override(false);
}

static void get(const struct supervisor *s, const struct notice *c, const struct capability *was)
{
	size_t room = c->n->data.args[3];
	cleanup_close int memory = -1;

	if (room && room < was->len) {
		notice_answer(c, ERANGE, 0);
		return;
	}
	memory = notice_memory(c, s->proc_fd, O_RDWR);
	if (room &&
	    pwrite(memory, was->value, was->len, (off_t)c->n->data.args[2]) != (ssize_t)was->len)
		notice_answer(c, EFAULT, 0);
	else
		notice_answer(c, 0, (long)was->len);
}

/* What setxattr(2) is given: 0, or -EINVAL as in the kernel, or -EFAULT. */
static int read_value(const struct supervisor *s, const struct notice *c, struct capability *ret)
{
	size_t len = c->n->data.args[3];
	cleanup_close int memory = -1;
	unsigned char value[sizeof(ret->value)];

	if (c->n->data.args[4] & ~(__u64)(XATTR_CREATE | XATTR_REPLACE) || !len ||
	    len > sizeof(value))
		return -EINVAL;
	memory = notice_memory(c, s->proc_fd, O_RDONLY);
	if (pread(memory, value, len, (off_t)c->n->data.args[2]) != (ssize_t)len)
		return -EFAULT;
	return capability_take(value, len, ret) ? 0 : -EINVAL;
}

static void set(const struct supervisor *s, const struct notice *c, int fd, bool has)
{
	struct capability now;
	int r = read_value(s, c, &now);

	has |= has_real(fd);
	if (r == 0 && has && c->n->data.args[4] & XATTR_CREATE)
		r = -EEXIST;
	if (r == 0 && !has && c->n->data.args[4] & XATTR_REPLACE)
		r = -ENODATA;
	if (r == 0)
		r = identity_capability_write(fd, &now, true);
	if (r == -EOPNOTSUPP) {
		notice_continue(c);
		return;
	}
	if (r == 0)
		remove_real(fd);
	notice_answer(c, -r, 0);
}

void identity_capability_answer(const struct supervisor *s, const struct notice *c)
{
	bool gets = c->call == IDS_GETXATTR || c->call == IDS_LGETXATTR || c->call == IDS_FGETXATTR;
	bool sets = c->call == IDS_SETXATTR || c->call == IDS_LSETXATTR || c->call == IDS_FSETXATTR;
	bool follow = c->call == IDS_GETXATTR || c->call == IDS_SETXATTR ||
		      c->call == IDS_REMOVEXATTR;
	cleanup_close int fd = names_capability(c) ? open_subject(s, c, follow) : -1;
	struct capability was;
	struct stat st;
	bool has;

	if (fd < 0 || !(gets ? identity_file_same_root(s, c) : identity_owner_is_root(s, c))) {
		notice_continue(c);
		return;
	}
	has = identity_capability_read(fd, &was, &st) && capability_holds(&was, &st);
	if (sets) {
		set(s, c, fd, has);
	} else if (!has) {
		notice_continue(c);
	} else if (gets) {
		get(s, c, &was);
	} else {
		remove_real(fd);
		notice_answer(c, -identity_capability_write(fd, &was, false), 0);
	}
}
