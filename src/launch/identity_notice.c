/*
 * identity_notice.c - answering a call, and checking whether its caller still waits.
 */
#include "launch/identity_notice.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/ioctl.h>

#include "base/cleanup.h"

bool notice_valid(const struct notice *c)
{
	__u64 id = c->n->id;

	return ioctl(c->listener, SECCOMP_IOCTL_NOTIF_ID_VALID, &id) == 0;
}

int notice_memory(const struct notice *c, int proc_fd, int flags)
{
	char path[32];
	int fd;

	snprintf(path, sizeof(path), "%d/mem", (pid_t)c->n->pid);
	fd = openat(proc_fd, path, flags | O_CLOEXEC);
	if (fd >= 0 && !notice_valid(c))
		close_fd(&fd);
	return fd;
}

void notice_answer(const struct notice *c, int errnum, long value)
{
	struct seccomp_notif_resp r = {.id = c->n->id, .error = -errnum, .val = value};

	ioctl(c->listener, SECCOMP_IOCTL_NOTIF_SEND, &r);
}

void notice_continue(const struct notice *c)
{
	struct seccomp_notif_resp r = {.id = c->n->id, .flags = SECCOMP_USER_NOTIF_FLAG_CONTINUE};

	ioctl(c->listener, SECCOMP_IOCTL_NOTIF_SEND, &r);
}
