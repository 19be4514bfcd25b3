/*
 * identity_marks.c - a build's programs do not meet the marks by which owners are recorded.
 *
 * What copies files with their attributes and times would copy the marks too: `cp -a`, tar, rsync.
 * So the attribute is in no list, and a symlink's time of access is not reported
 * (identity_owner.c) and not set. Asked for by its name, the attribute is there.
 */
#include "launch/identity_marks.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/mem.h"
#include "base/owner.h"
#include "launch/identity_file.h"
#include "launch/identity_owner.h"

/* Takes the attribute out of a list of n bytes; returns its new length. */
static size_t without_mark(char *names, size_t n)
{
	size_t size = sizeof(OWNER_XATTR);

	for (char *name = names; name < names + n; name += strlen(name) + 1)
		if (streq(name, OWNER_XATTR)) {
			memmove(name, name + size, (size_t)(names + n - name) - size);
			return n - size;
		}
	return n;
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
	left = n > 0 ? without_mark(names, (size_t)n) : 0;
	if (n <= 0 || left == (size_t)n || !identity_file_same_root(s, c)) {
		notice_continue(c);
		return;
	}
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

/* The times of the call; without any it is now. */
static bool read_times(const struct supervisor *s, const struct notice *c, struct timespec ret[2])
{
	cleanup_close int memory = -1;

	ret[0] = ret[1] = (struct timespec){.tv_nsec = UTIME_NOW};
	if (!c->n->data.args[2])
		return true;
	memory = notice_memory(c, s->proc_fd, O_RDONLY);
	return pread(memory, ret, 2 * sizeof(*ret), (off_t)c->n->data.args[2]) ==
	       2 * (ssize_t)sizeof(*ret);
}

void identity_marks_times(const struct supervisor *s, const struct notice *c)
{
	cleanup_close int fd = -1;
	struct timespec times[2];
	char path[PATH_MAX];
	struct owner o;

	if (identity_file_read_path(c, c->n->data.args[1], path) && *path)
		fd = identity_file_open(s, c, (int)c->n->data.args[0], path, false);
	if (fd < 0 || !identity_owner_read_time(fd, &o) || !owner_to_time(&o, &times[0]) ||
	    !identity_file_same_root(s, c) || !read_times(s, c, times)) {
		notice_continue(c);
		return;
	}
	owner_to_time(&o, &times[0]);
	notice_answer(c, utimensat(fd, "", times, AT_EMPTY_PATH) < 0 ? errno : 0, 0);
}
