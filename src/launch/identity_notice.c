/*
 * identity_notice.c - the two things that can be said to a call, and whether anybody still listens.
 */
#include "launch/identity_notice.h"

#include <sys/ioctl.h>

bool notice_valid(const struct notice *c)
{
	__u64 id = c->n->id;

	return ioctl(c->listener, SECCOMP_IOCTL_NOTIF_ID_VALID, &id) == 0;
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
