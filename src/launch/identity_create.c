/*
 * identity_create.c - the owner of each new file.
 *
 * On disk all files have one owner, so nothing tells later who made a file. What a user that root
 * switched to makes gets a record when it is made (identity_owner.c). In a build a file without a
 * record is root's, so what inherits the group of a set-gid directory gets one too, and so does what
 * any session makes; elsewhere only what root's sessions start is asked about.
 *
 * The kernel runs the call itself, with the caller's rights, umask and flags. The caller is stopped
 * on its way out of it, its result says what was made, and it goes on when the record is written:
 * so nobody who waits for the call sees the file without. Root's calls only cost the question.
 *
 * No record, so root's: files made by a process that a debugger traces, or in a chroot(2); by one
 * that changed its effective ids and has not executed a program since; by any on a kernel whose
 * callers stop before they are answered (before Linux 5.19).
 *
 * Devices cannot be made: an empty file stands in for one, in a build with a record of what it
 * stands for.
 */
#include "launch/identity_create.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/mem.h"
#include "launch/identity_cpu.h"
#include "launch/identity_file.h"
#include "launch/identity_modes.h"
#include "launch/identity_owner.h"

/* A file that a call would make. */
struct making {
	int dirfd;
	char path[PATH_MAX];
	uint32_t mode, device; /* of mknod(2) */
	bool opens;	       /* returns a descriptor */
	bool unnamed;	       /* O_TMPFILE */
	bool follow;
};

/* A call on its way. */
struct creation {
	pid_t tid;
	bool opens;
	bool stray; /* another thread than we meant: only let go */
	struct owner owner;
	int dir; /* where the name is; -1: it has none */
	char name[NAME_MAX + 1];
};

/* False: it makes nothing, or we cannot know what. */
static bool read_making(const struct notice *c, struct making *m)
{
	const __u64 *a = c->n->data.args;
	unsigned flags = 0;
	uint64_t path = a[0];

	m->dirfd = AT_FDCWD;
	m->mode = m->device = 0;
	switch (c->call) {
	case IDS_CREAT:
		flags = O_CREAT;
		break;
	case IDS_OPEN:
		flags = (unsigned)a[1];
		break;
	case IDS_MKNOD:
		m->mode = (uint32_t)a[1];
		m->device = (uint32_t)a[2];
		break;
	case IDS_MKNODAT:
		m->mode = (uint32_t)a[2];
		m->device = (uint32_t)a[3];
		m->dirfd = (int)a[0];
		path = a[1];
		break;
	case IDS_OPENAT:
		flags = (unsigned)a[2]; /* fall through */
	case IDS_MKDIRAT:
		m->dirfd = (int)a[0];
		path = a[1];
		break;
	case IDS_SYMLINKAT:
		m->dirfd = (int)a[1];
		path = a[2];
		break;
	case IDS_SYMLINK:
		path = a[1];
		break;
	default:
		break;
	}
	m->opens = c->call == IDS_CREAT || c->call == IDS_OPEN || c->call == IDS_OPENAT;
	m->unnamed = (flags & O_TMPFILE) == O_TMPFILE;
	m->follow = !(flags & (O_NOFOLLOW | O_EXCL));
	return identity_file_read_path(c, path, m->path) && *m->path;
}

/* The directory of the new file; its name is what follows in the path, NULL if there is none. */
static int open_parent(const struct supervisor *s, const struct notice *c, struct making *m,
		       const char **ret_name)
{
	char dir[PATH_MAX], *slash;
	size_t n = strlen(m->path);

	if (m->unnamed) {
		*ret_name = NULL;
		return identity_file_open(s, c, m->dirfd, m->path, true);
	}
	while (n > 1 && m->path[n - 1] == '/')
		m->path[--n] = '\0';
	memcpy(dir, m->path, n + 1);
	slash = strrchr(dir, '/');
	*ret_name = slash ? m->path + (slash + 1 - dir) : m->path;
	if (slash)
		slash[1] = '\0';
	if (!**ret_name || streq(*ret_name, ".") || streq(*ret_name, "..") ||
	    strlen(*ret_name) > NAME_MAX)
		return -EINVAL;
	return identity_file_open(s, c, m->dirfd, slash ? dir : ".", true);
}

/* Who makes it; false if it is not one of the box. */
static bool find_maker(const struct supervisor *s, const struct notice *c, struct owner *ret)
{
	const struct space *space;
	struct stat st;
	char link[40];

	*ret = (struct owner){0};
	if (!s->spaces.n)
		return true;
	snprintf(link, sizeof(link), "%d/ns/user", (pid_t)c->n->pid);
	if (fstatat(s->proc_fd, link, &st, 0) < 0)
		return false;
	space = spaces_find(&s->spaces, st.st_ino);
	if (space)
		*ret = (struct owner){.uid = space->uid, .gid = space->gid};
	return space || st.st_ino == s->userns;
}

/* A file in a set-gid directory has the group of the directory. */
static void inherit_group(int dir, struct owner *o)
{
	struct owner of_dir = {0};
	struct stat st;

	if (fstat(dir, &st) < 0 || !(st.st_mode & S_ISGID))
		return;
	identity_owner_read(dir, &of_dir);
	o->gid = of_dir.gid;
}

static bool is_there(const struct supervisor *s, const struct notice *c, const struct making *m)
{
	cleanup_close int fd = identity_file_open(s, c, m->dirfd, m->path, m->follow);

	return fd >= 0;
}

static void end_creation(struct creations *all, size_t i)
{
	struct creation *made = all->v[i];

	all->v[i] = all->v[--all->n];
	close_fd(&made->dir);
	free(made);
}

static struct creation *find_creation(const struct creations *all, pid_t tid, size_t *ret_at)
{
	for (size_t i = 0; i < all->n; i++)
		if (all->v[i]->tid == tid) {
			*ret_at = i;
			return all->v[i];
		}
	return NULL;
}

/*
 * Nobody reports the end of a process's first thread in which another thread calls execve(2): what
 * that thread was making is forgotten when its number is traced again.
 */
static void forget_creation(struct creations *all, pid_t tid)
{
	size_t at;

	if (find_creation(all, tid, &at))
		end_creation(all, at);
}

/* Stops the caller on its way out of the call, which the kernel runs. */
static void watch(struct supervisor *s, const struct notice *c, struct creation *made)
{
	struct creations *all = &s->creations;

	made->tid = (pid_t)c->n->pid;
	if (made->tid == all->restarted || ptrace(PTRACE_SEIZE, made->tid, NULL, NULL) < 0) {
		all->restarted = 0;
		close_fd(&made->dir);
		free(made);
	} else {
		forget_creation(all, made->tid);
		made->stray = !notice_valid(c);
		all->v = xrealloc(all->v, all->n + 1, sizeof(struct creation *));
		all->v[all->n++] = made;
		ptrace(PTRACE_INTERRUPT, made->tid, NULL, NULL);
	}
	notice_continue(c);
}

/*
 * A device cannot be made, so the caller makes the empty file that stands in for one: it repeats
 * the call with another type in its mode, which is not that of a device and keeps the number.
 * mknod(2) has two such types, so that we know the kind when it is asked for.
 */
static bool is_device(const struct making *m)
{
	return S_ISBLK(m->mode) || (S_ISCHR(m->mode) && m->device);
}

static bool stands_in(const struct making *m)
{
	return m->device && (S_ISREG(m->mode) || !(m->mode & S_IFMT));
}

static void make_stand_in(struct supervisor *s, const struct notice *c, const struct making *m)
{
	mode_t type = S_ISCHR(m->mode) ? S_IFREG : 0;
	pid_t pid = 1;

	if (!m->device)
		notice_answer(c, EPERM, 0);
	else if ((pid = helper_fork(&s->helpers)) == 0)
		modes_repeat(c, c->call == IDS_MKNODAT ? 2 : 1, type | (m->mode & 07777));
	if (pid == 0)
		_exit(0);
	if (pid < 0 && m->device)
		notice_answer(c, EAGAIN, 0);
}

/* Most calls are root's, and outside a build nothing is recorded for those. */
static bool may_matter(const struct supervisor *s, const struct notice *c, const struct owner *o)
{
	return s->owners || o->uid || o->gid || c->call == IDS_MKNOD || c->call == IDS_MKNODAT;
}

/* The kernel's makedev() in system calls: 12 and 20 bits. */
static void note_device(const struct making *m, struct owner *o)
{
	o->has_bits = true;
	o->device = S_ISREG(m->mode) ? 'c' : 'b';
	o->major = m->device >> 8 & 0xfff;
	o->minor = (m->device & 0xff) | (m->device >> 12 & 0xfff00);
}

void create_answer(struct supervisor *s, const struct notice *c)
{
	static struct making m;
	struct creation *made;
	struct owner owner;
	const char *name = NULL;
	cleanup_close int dir = -1;

	if (!find_maker(s, c, &owner) || !may_matter(s, c, &owner) || !read_making(c, &m)) {
		notice_continue(c);
		return;
	}
	if (is_device(&m)) {
		if (owner.uid)
			notice_answer(c, EPERM, 0);
		else
			make_stand_in(s, c, &m);
		return;
	}
	if ((dir = open_parent(s, c, &m, &name)) < 0) {
		notice_continue(c);
		return;
	}
	inherit_group(dir, &owner);
	if (s->owners && stands_in(&m) && !owner.uid)
		note_device(&m, &owner);
	if ((!owner.uid && !owner.gid && !owner.device) ||
	    (m.opens && !m.unnamed && is_there(s, c, &m)) || !identity_file_same_root(s, c)) {
		notice_continue(c);
		return;
	}
	made = xcalloc(1, sizeof(*made));
	made->opens = m.opens;
	made->owner = owner;
	made->dir = m.unnamed ? -1 : take_fd(&dir);
	if (name)
		snprintf(made->name, sizeof(made->name), "%s", name);
	watch(s, c, made);
}

/* Not a symlink that led to what was made. */
static bool is_regular(int fd)
{
	struct stat st;

	return fd >= 0 && fstat(fd, &st) == 0 && S_ISREG(st.st_mode);
}

/* Opens what was made, if it was. */
static int open_made(struct supervisor *s, const struct creation *made)
{
	cleanup_close int fd = -1;
	struct cpu cpu;
	long result;

	if (cpu_read(made->tid, &cpu) < 0)
		return -1;
	result = cpu_result(&cpu);
	if (result <= -CPU_RESTARTS) {
		s->creations.restarted = made->tid;
		return -1;
	}
	if (result < 0)
		return -1;
	fd = made->opens ? identity_file_descriptor(s, made->tid, (int)result) : -EBADF;
	if (fd != -EBADF || made->dir < 0)
		return take_fd(&fd);
	/* Descriptors of a process that is not dumpable, such as sftp-server, are not to be had. */
	fd = openat(made->dir, made->name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
	return !made->opens || is_regular(fd) ? take_fd(&fd) : -1;
}

bool create_stopped(struct supervisor *s, pid_t tid, int status)
{
	size_t at;
	struct creation *made = find_creation(&s->creations, tid, &at);

	if (!made)
		return false;
	/* It stops for what is traced now. */
	if (task_find_traced(&s->tasks, tid)) {
		end_creation(&s->creations, at);
		return false;
	}
	if (WIFSTOPPED(status)) {
		cleanup_close int fd = made->stray ? -1 : open_made(s, made);
		bool signalled = status >> 16 != PTRACE_EVENT_STOP;

		if (fd >= 0)
			identity_owner_write(fd, &made->owner);
		ptrace(PTRACE_DETACH, tid, NULL, (void *)(long)(signalled ? WSTOPSIG(status) : 0));
	}
	end_creation(&s->creations, at);
	return true;
}
