/*
 * spawn.c - starts programs by posix_spawn(3), which does not copy this process.
 *
 * Never looks for a program in the project that we are in.
 */
#include "base/spawn.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/mem.h"
#include "base/path.h"
#include "base/slice.h"

#define SYSTEM_PATH "/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin:/run/current-system/sw/bin"

/* The nearest directory above us with a project file, else "". */
static void find_project_above(char *ret, size_t size)
{
	char *slash;

	if (!getcwd(ret, size) || *ret != '/') {
		*ret = '\0';
		return;
	}
	while (*ret) {
		cleanup_free char *file = path_join(ret, "sandbox.ini");

		if (access(file, F_OK) == 0)
			return;
		slash = strrchr(ret, '/');
		*slash = '\0';
	}
}

static char *find_in(const char *path, const char *name, const char *avoid)
{
	cleanup_free char *copy = xstrdup(path);
	char *rest = copy, *part;

	while ((part = strsep(&rest, ":"))) {
		cleanup_free char *file = path_join(part, name), *real = NULL;

		if (*part != '/' || access(file, X_OK) < 0)
			continue;
		real = realpath(file, NULL);
		if (real && !(*avoid && path_is_beneath(real, avoid)))
			return take_ptr(file);
	}
	return NULL;
}

char *spawn_find(const char *name)
{
	const char *path = getenv("PATH");
	char project[PATH_MAX], *found;

	if (strchr(name, '/'))
		return xstrdup(name);
	found = find_in(SYSTEM_PATH, name, "");
	if (found || !path)
		return found;
	find_project_above(project, sizeof(project));
	return find_in(path, name, project);
}

static void add_descriptors(const struct spawn *s, posix_spawn_file_actions_t *actions)
{
	for (int i = 0; i < SPAWN_FDS; i++) {
		if (s->fds[i] == SPAWN_NULL)
			posix_spawn_file_actions_addopen(actions, i, "/dev/null", O_RDWR, 0);
		else if (s->fds[i] >= 0)
			posix_spawn_file_actions_adddup2(actions, s->fds[i], i);
	}
}

int spawn_start(const struct spawn *s, pid_t *ret, struct err *e)
{
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attributes;
	sigset_t defaults;
	pid_t pid;
	int r;

	slice_restore();
	sigemptyset(&defaults);
	if (s->interruptible)
		sigaddset(&defaults, SIGINT);
	posix_spawnattr_init(&attributes);
	posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGDEF);
	posix_spawnattr_setsigdefault(&attributes, &defaults);
	posix_spawn_file_actions_init(&actions);
	add_descriptors(s, &actions);
	r = posix_spawn(&pid, s->program, &actions, &attributes, (char *const *)s->argv,
			s->envp ? (char *const *)s->envp : environ);
	posix_spawn_file_actions_destroy(&actions);
	posix_spawnattr_destroy(&attributes);
	if (r)
		return err_sys(e, r, "cannot run '%s'", s->program);
	*ret = pid;
	return 0;
}

int spawn_status(int status)
{
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

int spawn_wait(pid_t pid)
{
	int status;

	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return -errno;
	return spawn_status(status);
}

/* Reads from fd until its end, the limit or the deadline. */
static void read_output(int fd, size_t max, int timeout_ms, struct buf *out)
{
	long long deadline = clock_ms() + timeout_ms;

	while (out->len < max && clock_wait_readable(fd, deadline)) {
		ssize_t n;

		buf_reserve(out, 4096);
		n = read(fd, out->data + out->len, 4096);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return;
		out->len += (size_t)n;
		out->data[out->len] = '\0';
	}
}

bool spawn_output(const char *const argv[], size_t max, int timeout_ms, struct buf *out)
{
	cleanup_free char *program = spawn_find(argv[0]);
	struct spawn s = {.program = program, .argv = argv, .fds = SPAWN_ALL_SAME};
	cleanup_close int in = -1;
	struct err ignored;
	int fds[2], r;
	pid_t pid;

	if (!program || pipe2(fds, O_CLOEXEC) < 0)
		return false;
	in = fds[0];
	s.fds[0] = s.fds[2] = SPAWN_NULL;
	s.fds[1] = fds[1];
	r = spawn_start(&s, &pid, &ignored);
	close(fds[1]);
	if (r < 0)
		return false;
	read_output(in, max, timeout_ms, out);
	kill(pid, SIGKILL); /* it has ended, or is too slow */
	spawn_wait(pid);
	return out->len < max;
}
