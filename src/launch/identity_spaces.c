/*
 * identity_spaces.c - making a nested user namespace for an id, once.
 *
 * A short-lived child makes it and writes its maps, for which the child must be dumpable; from then
 * on box-root, who owns the namespace, may trace it. So by then the child has nothing but the end
 * of a pipe, and is under the filter of every session: taking it over gains nothing that switched
 * processes do not have anyway. Waiting for it is limited in time: code inside can stop it, but not
 * more.
 */
#include "launch/identity_spaces.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <stdnoreturn.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/idmap.h"
#include "base/mem.h"
#include "launch/seccomp.h"

#define MAX_SPACES 128	 /* each counts against user.max_user_namespaces */
#define MAKE_MS	   10000 /* making one takes less than 1 ms, on an idle machine */

static noreturn void make(uint32_t uid, uint32_t gid, int ready)
{
	struct err e;
	char failed = 1;

	if (dup3(ready, 3, O_CLOEXEC) < 0 && ready != 3)
		_exit(1);
	close_range(4, ~0U, 0);
	if (unshare(CLONE_NEWUSER) < 0)
		failed = (char)errno;
	else if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 && seccomp_apply(0, &e) == 0 &&
		 prctl(PR_SET_DUMPABLE, 1, 0, 0, 0) == 0 && idmap_write(uid, gid, 0, 0, &e) == 0)
		failed = 0;
	(void)!write(3, &failed, 1);
	for (;;)
		pause();
}

/* Returns the descriptor of a new namespace, or -errno. */
static int make_space(uint32_t uid, uint32_t gid, int proc_fd)
{
	cleanup_close int ready = -1, ready_child = -1;
	int pair[2], fd = -EAGAIN;
	struct pollfd p;
	char path[40], failed;
	pid_t pid;

	if (pipe2(pair, O_CLOEXEC) < 0)
		return -errno;
	ready = pair[0];
	ready_child = pair[1];
	pid = fork();
	if (pid < 0)
		return -errno;
	if (pid == 0)
		make(uid, gid, ready_child);
	close_fd(&ready_child);
	p = (struct pollfd){.fd = ready, .events = POLLIN};
	if (poll(&p, 1, MAKE_MS) == 1 && read(ready, &failed, 1) == 1) {
		snprintf(path, sizeof(path), "%d/ns/user", pid);
		fd = failed ? -failed : openat(proc_fd, path, O_RDONLY | O_CLOEXEC);
		if (!failed && fd < 0)
			fd = -errno;
	}
	kill(pid, SIGKILL);
	while (waitpid(pid, NULL, __WALL) < 0 && errno == EINTR)
		;
	return fd;
}

static bool is_space_of(const struct space *s, const struct ids *ids)
{
	return s->uid == ids->uid[IDS_EFFECTIVE] && s->gid == ids->gid[IDS_EFFECTIVE] &&
	       s->n_groups == ids->n_groups &&
	       memcmp(s->groups, ids->groups, s->n_groups * sizeof(*s->groups)) == 0;
}

const struct space *spaces_get(struct spaces *s, const struct ids *ids, int proc_fd)
{
	struct space *space;
	struct stat st;
	int fd;

	for (size_t i = 0; i < s->n; i++)
		if (is_space_of(s->v[i], ids))
			return s->v[i];
	if (s->n == MAX_SPACES) {
		errno = EAGAIN;
		return NULL;
	}
	fd = make_space(ids->uid[IDS_EFFECTIVE], ids->gid[IDS_EFFECTIVE], proc_fd);
	if (fd < 0 || fstat(fd, &st) < 0) {
		errno = fd < 0 ? -fd : errno;
		return NULL;
	}
	space = xcalloc(1, sizeof(*space));
	space->uid = ids->uid[IDS_EFFECTIVE];
	space->gid = ids->gid[IDS_EFFECTIVE];
	space->n_groups = ids->n_groups;
	memcpy(space->groups, ids->groups, sizeof(space->groups));
	space->inode = st.st_ino;
	space->fd = fd;
	s->v = xrealloc(s->v, s->n + 1, sizeof(struct space *));
	s->v[s->n++] = space;
	return space;
}

const struct space *spaces_find(const struct spaces *s, ino_t inode)
{
	for (size_t i = 0; i < s->n; i++)
		if (s->v[i]->inode == inode)
			return s->v[i];
	return NULL;
}
