/*
 * identity_marks.c - a build's programs do not meet the marks by which owners and capabilities are
 * recorded.
 *
 * What copies files with their attributes and times would copy the marks too: `cp -a`, tar, rsync.
 * So ours are in no list, and a symlink's time of access is not reported (identity_owner.c) and not
 * set. Asked for by their names, they are there. The mark of capabilities is listed as the kernel's
 * attribute, and when a file gets another time, the mark follows.
 */
#include "launch/identity_marks.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/xattr.h>
#include <unistd.h>
#include <utime.h>

#include "base/cleanup.h"
#include "base/mem.h"
#include "base/owner.h"
#include "launch/identity_capability.h"
#include "launch/identity_file.h"
#include "launch/identity_owner.h"

/* Takes ours out of a list of n bytes; returns its new length. */
static size_t without_marks(char *names, size_t n)
{
	size_t kept = 0;

	for (size_t at = 0, size; at < n; at += size) {
		size = strlen(names + at) + 1;
		if (capability_or_owner_mark(names + at))
			continue;
		memmove(names + kept, names + at, size);
		kept += size;
	}
	return kept;
}

static bool lists(const char *names, size_t n, const char *name)
{
	for (size_t at = 0; at < n; at += strlen(names + at) + 1)
		if (streq(names + at, name))
			return true;
	return false;
}

/* As the kernel would list it; there is room, because the mark was taken out. */
static size_t with_capability(int fd, char *names, size_t n)
{
	struct capability c;
	struct stat st;

	if (!identity_capability_read(fd, &c, &st) || !capability_holds(&c, &st) ||
	    lists(names, n, CAPABILITY_XATTR))
		return n;
	memcpy(names + n, CAPABILITY_XATTR, sizeof(CAPABILITY_XATTR));
	return n + sizeof(CAPABILITY_XATTR);
}

static int open_listed(const struct supervisor *s, const struct notice *c)
{
	char path[PATH_MAX];

	if (c->call == IDS_FLISTXATTR)
		return identity_file_open(s, c, (int)c->n->data.args[0], NULL, false);
	if (!identity_file_read_path(c, c->n->data.args[0], path) || !*path)
		return -ENOENT;
	return identity_file_open(s, c, AT_FDCWD, path, c->call == IDS_LISTXATTR);
}

void identity_marks_list(const struct supervisor *s, const struct notice *c)
{
	static char names[XATTR_LIST_MAX];
	cleanup_close int fd = open_listed(s, c), memory = -1;
	size_t room = c->n->data.args[2], left;
	char name[12];
	ssize_t n;

	snprintf(name, sizeof(name), "%d", fd);
	n = fd < 0 ? -1 : listxattr(name, names, sizeof(names));
	left = n > 0 ? without_marks(names, (size_t)n) : 0;
	if (n <= 0 || left == (size_t)n || !identity_file_same_root(s, c)) {
		notice_continue(c);
		return;
	}
	left = with_capability(fd, names, left);
	if (room && room < left) {
		notice_answer(c, ERANGE, 0);
		return;
	}
	memory = notice_memory(c, s->proc_fd, O_RDWR);
	if (room && pwrite(memory, names, left, (off_t)c->n->data.args[1]) != (ssize_t)left)
		notice_answer(c, EFAULT, 0);
	else
		notice_answer(c, 0, (long)left);
}

/* Reads the two times of a call in the form that it has; at 0: it is now. */
static bool read_times(const struct supervisor *s, const struct notice *c, uint64_t at,
		       struct timespec ret[2])
{
	cleanup_close int memory = -1;
	struct utimbuf seconds;
	struct timeval micro[2];

	ret[0] = ret[1] = (struct timespec){.tv_nsec = UTIME_NOW};
	if (!at)
		return true;
	memory = notice_memory(c, s->proc_fd, O_RDONLY);
	if (c->call == IDS_UTIMENSAT)
		return pread(memory, ret, 2 * sizeof(*ret), (off_t)at) == 2 * (ssize_t)sizeof(*ret);
	if (c->call == IDS_UTIME) {
		if (pread(memory, &seconds, sizeof(seconds), (off_t)at) != sizeof(seconds))
			return false;
		ret[0] = (struct timespec){.tv_sec = seconds.actime};
		ret[1] = (struct timespec){.tv_sec = seconds.modtime};
		return true;
	}
	if (pread(memory, micro, sizeof(micro), (off_t)at) != sizeof(micro))
		return false;
	for (int i = 0; i < 2; i++) {
		/* the kernel says what is wrong with it */
		if (micro[i].tv_usec < 0 || micro[i].tv_usec > 999999)
			return false;
		ret[i] = (struct timespec){.tv_sec = micro[i].tv_sec,
					   .tv_nsec = micro[i].tv_usec * 1000};
	}
	return true;
}

/* The file whose times change; *ret_times: where they are in the caller's memory. */
static int open_timed(const struct supervisor *s, const struct notice *c, uint64_t *ret_times)
{
	const __u64 *a = c->n->data.args;
	bool at = c->call == IDS_UTIMENSAT || c->call == IDS_FUTIMESAT;
	int dirfd = at ? (int)a[0] : AT_FDCWD;
	unsigned flags = c->call == IDS_UTIMENSAT ? (unsigned)a[3] : 0;
	uint64_t path_at = a[at ? 1 : 0];
	char path[PATH_MAX];

	*ret_times = a[at ? 2 : 1];
	if (flags & ~(unsigned)(AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH))
		return -EINVAL;
	if (at && !path_at)
		return identity_file_open(s, c, dirfd, NULL, false);
	if (!identity_file_read_path(c, path_at, path) || (!*path && !(flags & AT_EMPTY_PATH)))
		return -ENOENT;
	return identity_file_open(s, c, dirfd, *path ? path : NULL, !(flags & AT_SYMLINK_NOFOLLOW));
}

static int set_times(int fd, const struct timespec times[2])
{
	return utimensat(fd, "", times, AT_EMPTY_PATH) < 0 ? -errno : 0;
}

/* The owner of a symlink or pipe, which is in a time, stays. */
static bool has_owner_time(int fd, struct timespec *ret)
{
	struct owner o;

	return identity_owner_read_time(fd, &o) && owner_to_time(&o, ret);
}

void identity_marks_times(const struct supervisor *s, const struct notice *c)
{
	uint64_t at;
	cleanup_close int fd = open_timed(s, c, &at);
	struct timespec times[2], owner;
	bool timed = fd >= 0 && has_owner_time(fd, &owner);
	struct capability was;
	struct stat st;
	int r;

	if (fd < 0 || (!timed && !identity_capability_read(fd, &was, &st)) ||
	    !identity_file_same_root(s, c) || !read_times(s, c, at, times) || !notice_valid(c)) {
		notice_continue(c);
		return;
	}
	if (timed)
		times[0] = owner;
	r = set_times(fd, times);
	/* One that does not hold must not do so by chance when an older time comes back. */
	if (r == 0 && !timed)
		identity_capability_write(fd, &was, capability_holds(&was, &st));
	notice_answer(c, -r, 0);
}
