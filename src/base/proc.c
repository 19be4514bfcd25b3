/*
 * proc.c - processes and the caller's identity.
 *
 * Promises few system calls: user_self() is on the way to every box. Does not use the C library's
 * user database, which would load NSS modules into a static program: /etc/passwd is read here, and
 * directory services are asked by a child process.
 */
#include "base/proc.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/path.h"
#include "base/spawn.h"

#define PASSWD_MAX_SIZE	  (16 * 1024 * 1024) /* beyond that, getent is asked */
#define GETENT_MAX_SIZE	  (64 * 1024)
#define GETENT_TIMEOUT_MS 10000 /* a directory server may be down */

int proc_open_namespace(const char *type, int *ret_fd, struct err *e)
{
	char path[64];
	int fd;

	snprintf(path, sizeof(path), "/proc/self/ns/%s", type);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return err_sys(e, errno, "cannot open '%s'", path);
	*ret_fd = fd;
	return 0;
}

int proc_watch_signals(const int *signals, size_t n)
{
	sigset_t set;

	sigemptyset(&set);
	for (size_t i = 0; i < n; i++)
		sigaddset(&set, signals[i]);
	sigprocmask(SIG_SETMASK, &set, NULL);
	return signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
}

int proc_pidfd(pid_t pid)
{
	long fd = syscall(SYS_pidfd_open, pid, 0);

	return fd < 0 ? -errno : (int)fd;
}

const char *proc_self(void)
{
	static char self[PATH_MAX];
	const char *by = (const char *)getauxval(AT_EXECFN);
	ssize_t n;

	if (!self[0] && by && path_is_real(by)) {
		snprintf(self, sizeof(self), "%s", by);
	} else if (!self[0]) {
		n = readlink("/proc/self/exe", self, sizeof(self) - 1);
		self[n > 0 ? n : 0] = '\0';
	}
	return self[0] ? self : NULL;
}

void proc_kill_and_reap(pid_t pid)
{
	kill(pid, SIGKILL);
	while (waitpid(pid, NULL, __WALL) < 0 && errno == EINTR)
		;
}

bool proc_wait_pidfd(int pidfd, int timeout_ms)
{
	return clock_wait_readable(pidfd, timeout_ms < 0 ? -1 : clock_ms() + timeout_ms);
}

int proc_start_time(pid_t pid, unsigned long long *ret)
{
	char path[32], stat[1024], *p;
	cleanup_close int fd = -1;
	ssize_t n;

	snprintf(path, sizeof(path), "/proc/%d/stat", pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	n = fd < 0 ? -1 : read(fd, stat, sizeof(stat) - 1);
	if (n < 0 && errno != ENOENT && errno != ESRCH)
		return -errno;
	*ret = 0;
	if (n < 0)
		return 0;
	stat[n] = '\0';
	/*
	 * Field 2, the command, may contain anything, parentheses too; field 3 follows the last
	 * one.
	 */
	p = strrchr(stat, ')');
	if (p && (starts_with(p, ") Z") || starts_with(p, ") X")))
		return 0;
	for (int field = 2; p && field < 22; field++)
		p = strchr(p + 1, ' ');
	if (p)
		*ret = strtoull(p + 1, NULL, 10);
	return 0;
}

bool proc_is_init(pid_t pid)
{
	char path[32], status[4096], *line, *last;
	cleanup_close int fd = -1;
	ssize_t n;

	snprintf(path, sizeof(path), "/proc/%d/status", pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	n = fd < 0 ? -1 : read(fd, status, sizeof(status) - 1);
	if (n <= 0)
		return false;
	status[n] = '\0';
	/* The name before it may contain anything, but its newlines are escaped. */
	line = strstr(status, "\nNSpid:");
	if (!line)
		return false;
	line[1 + strcspn(line + 1, "\n")] = '\0';
	last = strrchr(line, '\t');
	return last && streq(last, "\t1") && strchr(line, '\t') != last;
}

/* Splits line at colons into at most n fields; returns their number. */
static size_t split_fields(char *line, char **fields, size_t n)
{
	size_t count = 0;

	while (line && count < n)
		fields[count++] = strsep(&line, ":");
	return count;
}

/* Skips most lines of a long file without parsing them. */
static bool may_be_of(const char *line, uid_t uid)
{
	const char *field = strchr(line, ':');

	field = field ? strchr(field + 1, ':') : NULL;
	return field && strtoul(field + 1, NULL, 10) == uid;
}

/* Looks for ret->uid in passwd(5) lines, which are modified. Returns true if it filled in ret. */
static bool find_passwd(char *lines, struct user *ret)
{
	char *line;

	while ((line = strsep(&lines, "\n"))) {
		char *field[7], *end;

		if (!may_be_of(line, ret->uid) ||
		    split_fields(line, field, ARRAY_SIZE(field)) != ARRAY_SIZE(field))
			continue;
		if (!*field[0] || strtoul(field[2], &end, 10) != ret->uid || *end ||
		    end == field[2])
			continue;
		ret->name = xstrdup(field[0]);
		ret->home = xstrdup(field[5][0] == '/' ? field[5] : "/");
		ret->shell = xstrdup(field[6][0] == '/' ? field[6] : "/bin/sh");
		return true;
	}
	return false;
}

/* Appends the output of `getent passwd UID`, or nothing on failure. */
static void run_getent(uid_t uid, struct buf *out)
{
	char id[16];

	snprintf(id, sizeof(id), "%u", uid);
	spawn_output((const char *const[]){"getent", "passwd", id, NULL}, GETENT_MAX_SIZE,
		     GETENT_TIMEOUT_MS, out);
}

/* A value of the environment must be usable in a passwd line and in a path. */
static const char *env_or(const char *name, bool is_path, const char *fallback)
{
	const char *value = getenv(name);

	if (!value || !*value || strpbrk(value, ":\n") || strlen(value) > 255)
		return fallback;
	if (is_path ? value[0] != '/' : strchr(value, '/') || value[0] == '-')
		return fallback;
	return value;
}

static bool goes_up(const char *path)
{
	size_t n = strlen(path);

	return strstr(path, "/../") || (n >= 3 && streq(path + n - 3, "/.."));
}

/* Every other program of the caller uses $HOME. In a box it has no "..", as no path of a mount. */
static void prefer_home(struct user *u)
{
	const char *home = env_or("HOME", true, NULL);
	char *own = !home ? NULL : goes_up(home) ? realpath(home, NULL) : xstrdup(home);

	if (own) {
		free(u->home);
		u->home = own;
	}
}

/* The first that is found: passwd entry, environment, directory entry, default. */
static void find_self(struct user *ret)
{
	cleanup_buf struct buf b = BUF_INIT;
	struct err e;

	if (file_read(AT_FDCWD, "/etc/passwd", PASSWD_MAX_SIZE, &b, &e) == 0 &&
	    find_passwd(b.data, ret))
		return;
	buf_reset(&b);
	/*
	 * A login session has all three set, also for a user of a directory service; asking costs a
	 * process.
	 */
	if (!env_or("USER", false, NULL) || !env_or("HOME", true, NULL))
		run_getent(ret->uid, &b);
	if (find_passwd(b.data, ret))
		return;
	ret->name = xstrdup(env_or("USER", false, "user"));
	ret->home = xstrdup(env_or("HOME", true, "/home/user"));
	ret->shell = xstrdup(env_or("SHELL", true, "/bin/sh"));
}

void user_self(struct user *ret)
{
	*ret = (struct user){.uid = getuid(), .gid = getgid()};
	find_self(ret);
	prefer_home(ret);
	/* In every box root has uid 0, and only root. */
	if (streq(ret->name, "root") != (ret->uid == 0)) {
		free(ret->name);
		ret->name = xstrdup(ret->uid == 0 ? "root" : "user");
	}
}

void user_clear(struct user *u)
{
	free(u->name);
	free(u->home);
	free(u->shell);
	*u = (struct user){0};
}

char *user_home(const struct user *u)
{
	bool usable = u->home[0] == '/' && u->home[1];

	return usable ? xstrdup(u->home) : xasprintf("/home/%s", u->name);
}

static struct {
	char *start;
	size_t len;
} args;

void proc_remember_args(int argc, char **argv)
{
	char *last = argv[argc - 1];

	/* The kernel places the environment right after the arguments. */
	for (char **v = environ; *v; v++)
		if (*v == last + strlen(last) + 1)
			last = *v;
	args.start = argv[0];
	args.len = (size_t)(last + strlen(last) - argv[0]);
}

void proc_set_title(const char *title)
{
	if (!args.start)
		return;
	memset(args.start, 0, args.len);
	memcpy(args.start, title, strnlen(title, args.len));
}

void proc_close_others(int *keep, size_t n)
{
	unsigned first = 0;

	for (size_t i = 0; i < n; i++)
		for (size_t j = i + 1; j < n; j++)
			if (keep[j] < keep[i]) {
				int t = keep[i];

				keep[i] = keep[j];
				keep[j] = t;
			}
	for (size_t i = 0; i < n; i++) {
		if (keep[i] < 0)
			continue;
		if ((unsigned)keep[i] > first)
			close_range(first, (unsigned)keep[i] - 1, 0);
		first = (unsigned)keep[i] + 1;
	}
	close_range(first, ~0U, 0);
}

void proc_die_as(int status)
{
	int sig = STATUS_SIGNAL(status);
	sigset_t only;

	if (!sig)
		return;
	/* A core dump, if there is one, is the command's. */
	prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
	signal(sig, SIG_DFL);
	sigemptyset(&only);
	sigaddset(&only, sig);
	sigprocmask(SIG_UNBLOCK, &only, NULL);
	raise(sig);
	_exit(STATUS_EXIT(status));
}
