/*
 * identity_peer.c - SO_PEERCRED among the users of a box.
 *
 * Databases and message buses authenticate clients by it. The pid is trusted to still be the one
 * that connected: ids are no security boundary inside a box.
 */
#include "launch/identity_peer.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/cleanup.h"

/* The id that a process has for itself: the first number of its map, which has one line. */
static bool own_id(const struct supervisor *s, pid_t pid, const char *map, unsigned *ret)
{
	char path[40], text[64];
	cleanup_close int fd = -1;
	ssize_t n;

	snprintf(path, sizeof(path), "%d/%s", pid, map);
	fd = openat(s->proc_fd, path, O_RDONLY | O_CLOEXEC);
	n = fd < 0 ? -1 : read(fd, text, sizeof(text) - 1);
	if (n <= 0)
		return false;
	text[n] = '\0';
	*ret = (unsigned)strtoul(text, NULL, 10);
	return true;
}

/* As this process sees it: a pid, and uid 0 for everything in the box. */
static bool peer_of(pid_t tgid, int fd, struct ucred *peer)
{
	cleanup_close int process = (int)syscall(SYS_pidfd_open, tgid, 0);
	cleanup_close int sock = process < 0 ? -1 : (int)syscall(SYS_pidfd_getfd, process, fd, 0);
	socklen_t len = sizeof(*peer);

	return sock >= 0 && getsockopt(sock, SOL_SOCKET, SO_PEERCRED, peer, &len) == 0 &&
	       peer->pid > 0 && peer->uid == 0;
}

/* 0 or an errno. */
static int write_peer(int memory, const struct notice *c, const struct ucred *peer)
{
	off_t value = (off_t)c->n->data.args[3], at = (off_t)c->n->data.args[4];
	socklen_t len;

	if (pread(memory, &len, sizeof(len), at) != sizeof(len))
		return EFAULT;
	if (len > INT32_MAX)
		return EINVAL;
	if (len > sizeof(*peer))
		len = sizeof(*peer);
	if (pwrite(memory, peer, len, value) != (ssize_t)len ||
	    pwrite(memory, &len, sizeof(len), at) != sizeof(len))
		return EFAULT;
	return 0;
}

void peer_answer(const struct supervisor *s, const struct notice *c, const struct proc_info *info)
{
	struct ucred peer;
	cleanup_close int memory = -1;
	char path[32];

	if (!peer_of(info->tgid, (int)c->n->data.args[0], &peer) ||
	    !own_id(s, peer.pid, "uid_map", &peer.uid) ||
	    !own_id(s, peer.pid, "gid_map", &peer.gid)) {
		notice_continue(c);
		return;
	}
	snprintf(path, sizeof(path), "%d/mem", (pid_t)c->n->pid);
	memory = openat(s->proc_fd, path, O_RDWR | O_CLOEXEC);
	if (memory < 0 || !notice_valid(c))
		notice_continue(c);
	else
		notice_answer(c, write_peer(memory, c, &peer), 0);
}
