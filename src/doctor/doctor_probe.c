/*
 * doctor_probe.c - small reads, and the child in which checks try things out.
 *
 * Owns how a try is made and reported. Promises that a check changes nothing in this process or on
 * the machine: what it makes ends with its child.
 */
#include "doctor/doctor_probe.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file.h"

char *doctor_read_line(const char *path)
{
	cleanup_fclose FILE *f = fopen(path, "re");
	cleanup_free char *line = NULL;
	size_t size = 0;

	if (!f || getline(&line, &size, f) < 0)
		return NULL;
	line[strcspn(line, "\n")] = '\0';
	return take_ptr(line);
}

long doctor_read_number(const char *path)
{
	cleanup_free char *line = doctor_read_line(path);

	return line ? strtol(line, NULL, 10) : -1;
}

/* Steps of making the namespaces of a try. */
enum step { STEP_TRY, STEP_UNSHARE, STEP_SETGROUPS, STEP_UID_MAP, STEP_GID_MAP, STEP_PRIVATE };

static const char *const step_names[] = {
	[STEP_TRY] = "",
	[STEP_UNSHARE] = "unshare(CLONE_NEWUSER)",
	[STEP_SETGROUPS] = "writing /proc/self/setgroups",
	[STEP_UID_MAP] = "writing /proc/self/uid_map",
	[STEP_GID_MAP] = "writing /proc/self/gid_map",
	[STEP_PRIVATE] = "the first mount in the namespace",
};

struct outcome {
	enum step step;
	int result;
};

static int write_proc(const char *path, const char *text)
{
	cleanup_close int fd = open(path, O_WRONLY | O_CLOEXEC);

	return fd < 0 ? -errno : write_all(fd, text, strlen(text));
}

static int enter_namespaces(int flags, enum step *step)
{
	char uid_map[32], gid_map[32];
	int r;

	snprintf(uid_map, sizeof(uid_map), "0 %u 1", geteuid());
	snprintf(gid_map, sizeof(gid_map), "0 %u 1", getegid());
	*step = STEP_UNSHARE;
	if (unshare(CLONE_NEWUSER | CLONE_NEWNS | flags) < 0)
		return -errno;
	*step = STEP_SETGROUPS;
	r = write_proc("/proc/self/setgroups", "deny");
	if (r < 0)
		return r;
	*step = STEP_UID_MAP;
	r = write_proc("/proc/self/uid_map", uid_map);
	if (r < 0)
		return r;
	*step = STEP_GID_MAP;
	r = write_proc("/proc/self/gid_map", gid_map);
	if (r < 0)
		return r;
	/* Under Ubuntu's AppArmor restriction the namespace is made but has no capabilities. */
	*step = STEP_PRIVATE;
	if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0)
		return -errno;
	*step = STEP_TRY;
	return 0;
}

/* Runs in the child. A new pid namespace takes effect only at the next fork. */
static void try_in_child(int flags, int (*fn)(void *arg), void *arg, int fd)
{
	struct outcome out = {0};
	pid_t pid = 0;

	out.result = enter_namespaces(flags, &out.step);
	if (out.result == 0 && (flags & CLONE_NEWPID))
		pid = fork();
	if (pid > 0) {
		waitpid(pid, NULL, 0);
		_exit(0);
	}
	if (out.result == 0)
		out.result = pid < 0 ? -errno : fn(arg);
	_exit(write_all(fd, &out, sizeof(out)) < 0);
}

int doctor_try(int flags, int (*fn)(void *arg), void *arg, const char **step)
{
	struct outcome out = {0};
	int p[2];
	ssize_t n;
	pid_t pid;

	*step = "";
	if (pipe2(p, O_CLOEXEC) < 0)
		return -errno;
	pid = fork();
	if (pid == 0)
		try_in_child(flags, fn, arg, p[1]);
	close(p[1]);
	n = pid < 0 ? -1 : read(p[0], &out, sizeof(out));
	close(p[0]);
	if (pid > 0)
		waitpid(pid, NULL, 0);
	if (n != sizeof(out))
		return pid < 0 ? -EAGAIN : -EIO;
	*step = step_names[out.step];
	return out.result;
}
