/*
 * identity_owner.c - chown(2) and set-id bits that stat(2) shows again.
 *
 * On disk all files of a box belong to one uid. The owner that box-root set is recorded on the file
 * itself, in OWNER_XATTR: it moves with the file, is copied up and is deleted with it. It only
 * affects what stat, newfstatat and statx of a path report to box-root and the users it became;
 * anything in the box may write it. A file without it belongs to whoever looks: root, or the user
 * that root became.
 *
 * Of symlinks and pipes, which cannot have attributes, it is in a time (base/owner.h).
 *
 * Not intercepted, because of the cost (seccomp_policy.c): fstat, most lstat, and fchown to root.
 * In a build all are, because the image keeps what a program makes of the answer; there a file
 * without a record is root's. Not recorded: sockets, and files of the host.
 */
#include "launch/identity_owner.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "base/capability.h"
#include "base/cleanup.h"
#include "base/mem.h"
#include "base/owner.h"
#include "launch/caps.h"
#include "launch/identity_file.h"

#define KNOWN_FLAGS (AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT | AT_STATX_SYNC_TYPE | AT_EMPTY_PATH)

/* The file that a call is about. */
struct subject {
	int dirfd;
	bool itself;   /* dirfd's file, not a path */
	bool or_empty; /* the same, if the path is "" */
	bool follow;
	uint64_t path; /* addresses in the caller */
	uint64_t to;
	unsigned mask;	   /* of statx */
	uint32_t uid, gid; /* of chown; OWNER_SAME */
};

/* The caller's user namespace; 0 if it has gone, or its "/" is another directory. */
static ino_t userns_of(const struct supervisor *s, const struct notice *c)
{
	struct stat st;
	char link[40];

	snprintf(link, sizeof(link), "%d/ns/user", (pid_t)c->n->pid);
	if (fstatat(s->proc_fd, link, &st, 0) < 0 || !identity_file_same_root(s, c) ||
	    !notice_valid(c))
		return 0;
	return st.st_ino;
}

bool identity_owner_is_root(const struct supervisor *s, const struct notice *c)
{
	return userns_of(s, c) == s->userns;
}

/* Is it box-root, or a user it became? Not a sandbox inside. */
static bool is_of_box(const struct supervisor *s, const struct notice *c)
{
	ino_t userns = userns_of(s, c);

	return userns && (userns == s->userns || spaces_find(&s->spaces, userns));
}

bool identity_owner_may_set(const struct supervisor *s, const struct notice *c)
{
	return s->owners ? is_of_box(s, c) : identity_owner_is_root(s, c);
}

/*
 * Path of the descriptor relative to the working directory, /proc/self/fd: fgetxattr(2) refuses
 * O_PATH.
 */
struct name {
	char s[12];
};

static struct name name_of(int fd)
{
	struct name n;

	snprintf(n.s, sizeof(n.s), "%d", fd);
	return n;
}

static bool has_time(int fd, struct stat *st)
{
	return fstat(fd, st) == 0 && (S_ISLNK(st->st_mode) || S_ISFIFO(st->st_mode));
}

bool identity_owner_read_time(int fd, struct owner *ret)
{
	struct stat st;

	return has_time(fd, &st) && owner_from_time(&st.st_atim, ret);
}

/* Root's own is the present time, as that of a new file. */
static void write_time(int fd, const struct owner *o)
{
	struct timespec times[2] = {{.tv_nsec = UTIME_NOW}, {.tv_nsec = UTIME_OMIT}};
	struct stat st;

	if (has_time(fd, &st) && ((!o->uid && !o->gid) || owner_to_time(o, &times[0])))
		utimensat(fd, "", times, AT_EMPTY_PATH);
}

/* We may do what box-root may: a file of any mode has an owner. */
bool identity_owner_read(int fd, struct owner *ret)
{
	char text[OWNER_MAX];
	ssize_t n = getxattr(name_of(fd).s, OWNER_XATTR, text, sizeof(text));

	if (n < 0 && errno == EACCES) {
		caps_override(true);
		n = getxattr(name_of(fd).s, OWNER_XATTR, text, sizeof(text));
		caps_override(false);
	}
	return n > 0 && owner_parse(text, (size_t)n, ret);
}

void identity_owner_write(int fd, const struct owner *o)
{
	char text[OWNER_MAX];
	bool refused;

	caps_override(true);
	refused = setxattr(name_of(fd).s, OWNER_XATTR, text, owner_format(o, text), 0) < 0 &&
		  errno == EPERM;
	if (refused)
		write_time(fd, o);
	caps_override(false);
}

static uint32_t id_of(const struct notice *c, uint64_t arg)
{
	return c->is_short && (uint16_t)arg == UINT16_MAX ? OWNER_SAME
	       : c->is_short				  ? (uint16_t)arg
							  : (uint32_t)arg;
}

static struct subject subject_of_chown(const struct notice *c)
{
	const __u64 *a = c->n->data.args;
	bool at = c->call == IDS_FCHOWNAT;
	int flags = at ? (int)a[4] : c->call == IDS_LCHOWN ? AT_SYMLINK_NOFOLLOW : 0;
	size_t ids = at ? 2 : 1;

	return (struct subject){
		.dirfd = at || c->call == IDS_FCHOWN ? (int)a[0] : AT_FDCWD,
		.itself = c->call == IDS_FCHOWN,
		.or_empty = flags & AT_EMPTY_PATH,
		.follow = !(flags & AT_SYMLINK_NOFOLLOW),
		.path = a[at ? 1 : 0],
		.uid = id_of(c, a[ids]),
		.gid = id_of(c, a[ids + 1]),
	};
}

static int open_subject(const struct supervisor *s, const struct notice *c, const struct subject *q)
{
	char path[PATH_MAX];

	if (q->itself)
		return identity_file_open(s, c, q->dirfd, NULL, q->follow);
	if (!identity_file_read_path(c, q->path, path))
		return -EFAULT;
	if (!*path && !q->or_empty)
		return -ENOENT;
	return identity_file_open(s, c, q->dirfd, *path ? path : NULL, q->follow);
}

/* As chown(2) does. */
static void drop_capability(int fd)
{
	caps_override(true);
	removexattr(name_of(fd).s, CAPABILITY_XATTR);
	removexattr(name_of(fd).s, CAPABILITY_MARK);
	caps_override(false);
}

static bool is_group_of(const struct space *who, uint32_t gid)
{
	if (gid == who->gid)
		return true;
	for (uint32_t i = 0; i < who->n_groups; i++)
		if (who->groups[i] == gid)
			return true;
	return false;
}

/* A user gives no file away, and its own only to its own groups. */
static bool may_chown(const struct space *who, const struct subject *q, const struct owner *was)
{
	return was->uid == who->uid && (q->uid == OWNER_SAME || q->uid == was->uid) &&
	       (q->gid == OWNER_SAME || q->gid == was->gid || is_group_of(who, q->gid));
}

void identity_owner_chown(const struct supervisor *s, const struct notice *c)
{
	struct subject q = subject_of_chown(c);
	cleanup_close int fd = open_subject(s, c, &q);
	ino_t userns = userns_of(s, c);
	const struct space *who = spaces_find(&s->spaces, userns);
	bool root = userns == s->userns;
	struct owner was = {0}, now;
	bool known = fd >= 0 &&
		     (identity_owner_read(fd, &was) || identity_owner_read_time(fd, &was));

	if (fd == -ENOENT || fd == -ENOTDIR || fd == -EBADF || fd == -EFAULT) {
		notice_answer(c, root || who ? -fd : 0, 0);
		return;
	}
	if (who && !known && !s->owners)
		was = (struct owner){.uid = who->uid, .gid = who->gid};
	if (who && !may_chown(who, &q, &was)) {
		notice_answer(c, EPERM, 0);
		return;
	}
	now = was;
	now.uid = q.uid == OWNER_SAME ? was.uid : q.uid;
	now.gid = q.gid == OWNER_SAME ? was.gid : q.gid;
	now.bits = 0; /* chown(2) removes them */
	if (fd >= 0 && (root || who)) {
		if (known || now.uid || now.gid)
			identity_owner_write(fd, &now);
		drop_capability(fd);
	}
	notice_answer(c, 0, 0);
}

static bool subject_of_stat(const struct notice *c, struct subject *subject)
{
	const __u64 *a = c->n->data.args;
	unsigned flags = 0;

	*subject = (struct subject){.dirfd = (int)a[0], .path = a[1], .to = a[2]};

	switch (c->call) {
	case IDS_LSTAT:
		flags = AT_SYMLINK_NOFOLLOW; /* fall through */
	case IDS_STAT:
		*subject = (struct subject){.dirfd = AT_FDCWD, .path = a[0], .to = a[1]};
		break;
	case IDS_FSTAT:
		*subject = (struct subject){.dirfd = (int)a[0], .itself = true, .to = a[1]};
		break;
	case IDS_FSTATAT:
		flags = (unsigned)a[3];
		break;
	default:
		flags = (unsigned)a[2];
		subject->mask = (unsigned)a[3];
		subject->to = a[4];
	}
	subject->follow = !(flags & AT_SYMLINK_NOFOLLOW);
	subject->or_empty = flags & AT_EMPTY_PATH;
	subject->itself |= subject->or_empty && !subject->path;
	return !(flags & ~(unsigned)KNOWN_FLAGS);
}

static mode_t mode_with(const struct supervisor *s, mode_t mode, const struct owner *o)
{
	mode = owner_mode(mode, o, s->owners);
	if (o->device)
		mode = (mode & ~(mode_t)S_IFMT) | (o->device == 'c' ? S_IFCHR : S_IFBLK);
	return mode;
}

/* Runs the call with this owner and writes the result to the caller's memory. */
static bool give_stat(const struct supervisor *s, const struct notice *c, const struct subject *q,
		      int fd, const struct owner *o)
{
	cleanup_close int memory = notice_memory(c, s->proc_fd, O_RDWR);
	struct statx x;
	struct timespec time;
	struct owner was;
	struct stat st;

	if (memory < 0)
		return false;
	if (c->call == IDS_STATX) {
		if (statx(fd, "", AT_EMPTY_PATH, q->mask, &x) < 0)
			return false;
		x.stx_uid = o->uid;
		x.stx_gid = o->gid;
		time = (struct timespec){.tv_sec = (time_t)x.stx_atime.tv_sec,
					 .tv_nsec = (long)x.stx_atime.tv_nsec};
		if (s->owners && owner_from_time(&time, &was))
			x.stx_atime = x.stx_mtime;
		x.stx_mode = (__u16)mode_with(s, x.stx_mode, o);
		x.stx_rdev_major = o->device ? o->major : x.stx_rdev_major;
		x.stx_rdev_minor = o->device ? o->minor : x.stx_rdev_minor;
		return pwrite(memory, &x, sizeof(x), (off_t)q->to) == sizeof(x);
	}
	if (fstat(fd, &st) < 0)
		return false;
	st.st_uid = o->uid;
	st.st_gid = o->gid;
	if (s->owners && owner_from_time(&st.st_atim, &was))
		st.st_atim = st.st_mtim;
	st.st_mode = mode_with(s, st.st_mode, o);
	st.st_rdev = o->device ? makedev(o->major, o->minor) : st.st_rdev;
	return pwrite(memory, &st, sizeof(st), (off_t)q->to) == sizeof(st);
}

/* glibc stats this file before each name lookup; it is most of what dpkg asks. */
static bool is_worth_it(const char *path)
{
	return !streq(path, "/etc/nsswitch.conf");
}

/* path: "" with q->itself */
static bool read_asked(const struct notice *c, const struct subject *q, char path[PATH_MAX])
{
	*path = '\0';
	return q->itself || (identity_file_read_path(c, q->path, path) && is_worth_it(path) &&
			     (*path || q->or_empty));
}

static const char *skip_slashes(const char *path)
{
	for (; *path == '/' || (*path == '.' && path[1] == '/'); path++)
		;
	return path;
}

/* Is dirfd of the caller, or its working directory, the top of /proc? */
static bool is_in_proc(const struct supervisor *s, const struct notice *c, int dirfd)
{
	struct stat top, st;
	char link[48];

	if (dirfd == AT_FDCWD)
		snprintf(link, sizeof(link), "%d/cwd", (pid_t)c->n->pid);
	else
		snprintf(link, sizeof(link), "%d/fd/%d", (pid_t)c->n->pid, dirfd);
	return fstatat(s->proc_fd, link, &st, 0) == 0 && fstat(s->proc_fd, &top) == 0 &&
	       st.st_dev == top.st_dev && st.st_ino == top.st_ino;
}

/*
 * "/proc/PID", or "PID" in /proc, of a process of a user that root switched to. On the kernel's
 * own view, in which it is root's, start-stop-daemon does not find it by its user.
 */
static int open_process(const struct supervisor *s, const struct notice *c, const struct subject *q,
			const char *path, struct owner *ret)
{
	bool absolute = *path == '/';
	const char *name = skip_slashes(path), *rest;
	const struct space *space;
	char link[40], pid[12];
	struct stat st;

	if (!s->spaces.n || (absolute && !starts_with(name, "proc/")))
		return -ENOENT;
	if (absolute)
		name = skip_slashes(name + strlen("proc/"));
	rest = name + strspn(name, "0123456789");
	if (rest == name || rest - name > 10 || (*rest && *rest != '/') || *skip_slashes(rest) ||
	    (!absolute && !is_in_proc(s, c, q->dirfd)))
		return -ENOENT;
	snprintf(pid, sizeof(pid), "%.*s", (int)(rest - name), name);
	snprintf(link, sizeof(link), "%s/ns/user", pid);
	if (fstatat(s->proc_fd, link, &st, 0) < 0 || !(space = spaces_find(&s->spaces, st.st_ino)))
		return -ENOENT;
	*ret = (struct owner){.uid = space->uid, .gid = space->gid};
	return openat(s->proc_fd, pid, O_PATH | O_DIRECTORY | O_CLOEXEC);
}

/*
 * In a build a file without a record is root's, also for a user that root became. Root sees that
 * anyway.
 */
static bool is_roots(const struct supervisor *s, const struct notice *c, struct owner *ret)
{
	if (!s->owners || !s->spaces.n || !spaces_find(&s->spaces, userns_of(s, c)))
		return false;
	*ret = (struct owner){0};
	return true;
}

/* False: the kernel's answer is right. */
static bool owner_to_tell(const struct supervisor *s, const struct notice *c,
			  const struct subject *q, int fd, struct owner *ret)
{
	if (!identity_owner_read(fd, ret) &&
	    !((!q->follow || s->owners) && identity_owner_read_time(fd, ret)))
		return is_roots(s, c, ret);
	/* Other boxes have no use for a device that is none: it is a file. */
	if (!s->owners)
		ret->device = 0;
	return is_of_box(s, c);
}

void identity_owner_stat(const struct supervisor *s, const struct notice *c)
{
	cleanup_close int fd = -1;
	char path[PATH_MAX];
	struct subject q;
	struct owner o;
	bool told = false;

	if (subject_of_stat(c, &q) && read_asked(c, &q, path)) {
		fd = open_process(s, c, &q, path, &o);
		told = fd >= 0 && is_of_box(s, c);
		if (fd < 0) {
			fd = identity_file_open(s, c, q.dirfd, *path ? path : NULL,
						q.follow && !q.itself);
			told = fd >= 0 && owner_to_tell(s, c, &q, fd, &o);
		}
	}
	if (told && give_stat(s, c, &q, fd, &o))
		notice_answer(c, 0, 0);
	else
		notice_continue(c);
}
