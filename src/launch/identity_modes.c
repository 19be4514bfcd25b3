/*
 * identity_modes.c - set-id bits do not reach the disk.
 *
 * The files of a box belong to you on the host, and others may be able to run some of them: a
 * set-id bit would lend them your uid, or root's if root started the box. So the call is made
 * without the bits, and succeeds. On directories the bits are kept: they grant no privilege there,
 * and shared group directories need them. Bits that box-root sets in its own root file system
 * (dpkg's sudo) are recorded on the file, with its owner (identity_owner.c): root sees them, and so
 * does an image made of the box.
 *
 *	chmod etc.	of a directory	made here, by the descriptor that was looked at
 *			of a file	recorded if box-root's; made by the caller, without the bits
 *	mknod, open	a new file	made by the caller, without the bits
 *
 * The caller repeats the call with one argument changed in its registers while it is traced. So the
 * kernel handles everything else (umask, symlinks, descriptors, Landlock), and there is no race
 * between our look and its use. The caller's memory decides only what is recorded, which anything
 * in the box can write. A thread that is already traced (strace, gdb) cannot be changed this way:
 * EPERM. The argument's register keeps the changed value, unlike after other calls.
 */
#include "launch/identity_modes.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/mem.h"
#include "launch/identity_cpu.h"
#include "launch/identity_file.h"
#include "launch/identity_owner.h"

#define SET_ID	(S_ISUID | S_ISGID)
#define CREATES (O_CREAT | (O_TMPFILE & ~O_DIRECTORY))

struct change {
	size_t at; /* index of the mode argument */
	mode_t mode;
	bool creates;
	int dirfd;
	bool itself; /* dirfd's file, not a path */
	bool follow;
	char path[PATH_MAX];
};

static size_t mode_at(enum ids_call call)
{
	switch (call) {
	case IDS_OPENAT:
		return 3;
	case IDS_OPEN:
	case IDS_FCHMODAT:
	case IDS_FCHMODAT2:
	case IDS_MKNODAT:
		return 2;
	default:
		return 1;
	}
}

bool modes_of_new(const struct notice *c)
{
	const __u64 *a = c->n->data.args;

	switch (c->call) {
	case IDS_OPEN:
		return a[1] & CREATES && a[2] & SET_ID;
	case IDS_OPENAT:
		return a[2] & CREATES && a[3] & SET_ID;
	case IDS_CREAT:
	case IDS_MKNOD:
	case IDS_MKNODAT:
		return a[mode_at(c->call)] & SET_ID;
	default:
		return false;
	}
}

/* "/proc/self" differs here, and its links may lead out of what is looked at. */
static bool names_descriptor(const char *path, int *ret)
{
	static const char *const where[] = {"/proc/self/fd/", "/proc/thread-self/fd/", "/dev/fd/"};

	for (size_t i = 0; i < ARRAY_SIZE(where); i++) {
		const char *digits = path + strlen(where[i]);

		if (!starts_with(path, where[i]) || !*digits || strlen(digits) > 6 ||
		    digits[strspn(digits, "0123456789")])
			continue;
		*ret = atoi(digits);
		return true;
	}
	return false;
}

/* False if the path cannot be read: the kernel reports that. */
static bool read_change(const struct notice *c, struct change *change)
{
	const __u64 *a = c->n->data.args;
	bool at = c->call == IDS_FCHMODAT || c->call == IDS_FCHMODAT2;
	unsigned flags = c->call == IDS_FCHMODAT2 ? (unsigned)a[3] : 0;

	change->at = mode_at(c->call);
	change->mode = (mode_t)a[change->at];
	change->creates = c->call != IDS_CHMOD && c->call != IDS_FCHMOD && !at;
	change->dirfd = at || c->call == IDS_FCHMOD ? (int)a[0] : AT_FDCWD;
	change->itself = c->call == IDS_FCHMOD;
	change->follow = !(flags & AT_SYMLINK_NOFOLLOW);
	if (change->creates || change->itself)
		return true;
	if (!identity_file_read_path(c, a[at ? 1 : 0], change->path))
		return false;
	change->itself = (!*change->path && flags & AT_EMPTY_PATH) ||
			 (change->follow && names_descriptor(change->path, &change->dirfd));
	return true;
}

static int open_link(const struct supervisor *s, const struct notice *c, const char *name)
{
	char link[48];

	snprintf(link, sizeof(link), "%d/%s", (pid_t)c->n->pid, name);
	return openat(s->proc_fd, link, O_PATH | O_CLOEXEC);
}

static int open_descriptor(const struct supervisor *s, const struct notice *c, int number)
{
	char name[24];

	snprintf(name, sizeof(name), "fd/%d", number);
	return open_link(s, c, name);
}

/*
 * As the caller would open it; -1 also if the caller sees other files, or a magic link is in the
 * way.
 */
static int open_subject(const struct supervisor *s, const struct notice *c, const struct change *q)
{
	struct open_how how = {.flags = O_PATH | O_CLOEXEC | (q->follow ? 0 : O_NOFOLLOW),
			       .resolve = RESOLVE_NO_MAGICLINKS};
	cleanup_close int start = -1;

	if (q->itself)
		return open_descriptor(s, c, q->dirfd);
	if (!identity_file_same_root(s, c))
		return -1;
	start = q->dirfd == AT_FDCWD ? open_link(s, c, "cwd") : open_descriptor(s, c, q->dirfd);
	return (int)syscall(SYS_openat2, *q->path == '/' ? AT_FDCWD : start, q->path, &how,
			    sizeof(how));
}

/*
 * Changes it by the descriptor, whatever its path leads to now: a directory stays one. False: not a
 * directory.
 */
static bool change_directory(const struct notice *c, int fd, const struct change *q)
{
	struct stat st;
	char name[12];

	if (fd < 0 || fstat(fd, &st) < 0 || !S_ISDIR(st.st_mode) || !notice_valid(c))
		return false;
	snprintf(name, sizeof(name), "%d", fd);
	notice_answer(c, chmod(name, q->mode & 07777) < 0 ? errno : 0, 0);
	return true;
}

void modes_repeat(const struct notice *c, size_t at, uint32_t value)
{
	pid_t tid = (pid_t)c->n->pid;
	int status;

	if (ptrace(PTRACE_SEIZE, tid, NULL, NULL) < 0) {
		notice_answer(c, errno == ESRCH ? ESRCH : EPERM, 0);
		return;
	}
	if (!notice_valid(c))
		return; /* another process; released when we exit */
	ptrace(PTRACE_INTERRUPT, tid, NULL, NULL);
	notice_answer(c, CPU_AGAIN, 0);
	if (waitpid(tid, &status, __WALL) != tid || !WIFSTOPPED(status))
		return;
	if (status >> 16 == PTRACE_EVENT_STOP) {
		cpu_call_again(tid, c->n->data.arch, at, value);
		ptrace(PTRACE_DETACH, tid, NULL, NULL);
	} else {
		ptrace(PTRACE_DETACH, tid, NULL, (void *)(long)WSTOPSIG(status));
	}
}

/* The file type bits tell root's filter that this call is ours; chmod(2) ignores them. */
static void take_off(const struct notice *c, const struct change *q)
{
	modes_repeat(c, q->at, (q->mode & ~(mode_t)SET_ID) | (q->creates ? 0 : S_IFMT));
}

/* Records the bits of a file that belongs to box-root. */
static void note(int fd, const struct change *q)
{
	mode_t bits = q->mode & SET_ID;
	struct owner o = {0};
	struct stat st;

	if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode))
		return;
	identity_owner_read(fd, &o);
	if (bits == (o.has_bits ? o.bits : 0))
		return;
	o.has_bits = true;
	o.bits = bits;
	identity_owner_write(fd, &o);
}

/* A file on the overlay is stored in the box's data, not where it seems to be. */
static bool on_overlay(int fd)
{
	struct statfs fs;

	return fstatfs(fd, &fs) == 0 && fs.f_type == OVERLAYFS_SUPER_MAGIC;
}

/* In a child: others' file systems can block it, and so can the caller. */
static void work(const struct supervisor *s, const struct notice *c, const struct change *q)
{
	cleanup_close int fd = -1;

	if (!q->creates && chdir("/proc/self/fd") == 0)
		fd = open_subject(s, c, q);
	if (change_directory(c, fd, q))
		return;
	if (fd >= 0 && on_overlay(fd) && identity_owner_may_set(s, c))
		note(fd, q);
	take_off(c, q);
}

void modes_answer(struct supervisor *s, const struct notice *c)
{
	static struct change q;
	cleanup_close int own = -1;
	pid_t pid;

	if (read_change(c, &q) && !q.creates)
		own = identity_file_open(s, c, q.dirfd, q.itself ? NULL : q.path, q.follow);
	if (own >= 0 && identity_owner_may_set(s, c))
		note(own, &q);
	if (!(q.mode & SET_ID)) {
		notice_continue(c);
		return;
	}
	if (own >= 0 && identity_file_same_root(s, c) && change_directory(c, own, &q))
		return;
	pid = helper_fork(&s->helpers);
	if (pid == 0) {
		work(s, c, &q);
		_exit(0);
	}
	if (pid < 0)
		notice_answer(c, EAGAIN, 0);
}
