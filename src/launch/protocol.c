/*
 * protocol.c - sending and receiving control messages.
 *
 * On receipt, refuses everything that is not exactly a message of this version: pid 1 reads these
 * from code inside the box.
 */
#include "launch/protocol.h"

#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

union fd_control {
	struct cmsghdr align;
	char space[CMSG_SPACE(sizeof(int) * PROTOCOL_MAX_FDS)];
};

static size_t message_size(const struct message *m)
{
	switch (m->type) {
	case MESSAGE_SESSION:
		return offsetof(struct message, session) + sizeof(m->session);
	case MESSAGE_SPACE:
		return offsetof(struct message, space) + sizeof(m->space);
	case MESSAGE_ERROR:
		return offsetof(struct message, error) + sizeof(m->error);
	case MESSAGE_SIGNAL:
	case MESSAGE_STOP:
	case MESSAGE_STOP_IDLE:
	case MESSAGE_ACCEPTED:
	case MESSAGE_STOPPED:
	case MESSAGE_EXIT:
	case MESSAGE_MAPPED:
	case MESSAGE_NAMESPACES:
	case MESSAGE_LISTENER:
	case MESSAGE_MOUNTS:
		return offsetof(struct message, value) + sizeof(m->value);
	default:
		return 0;
	}
}

int message_send(int fd, const struct message *m, const int *fds, int n_fds, int flags)
{
	struct message copy = *m;
	union fd_control control = {0};
	struct iovec iov = {.iov_base = &copy, .iov_len = message_size(m)};
	struct msghdr mh = {.msg_iov = &iov, .msg_iovlen = 1};

	copy.magic = PROTOCOL_MAGIC;
	if (n_fds > 0) {
		struct cmsghdr *c;

		mh.msg_control = control.space;
		mh.msg_controllen = CMSG_SPACE(sizeof(int) * (size_t)n_fds);
		c = CMSG_FIRSTHDR(&mh);
		c->cmsg_level = SOL_SOCKET;
		c->cmsg_type = SCM_RIGHTS;
		c->cmsg_len = CMSG_LEN(sizeof(int) * (size_t)n_fds);
		memcpy(CMSG_DATA(c), fds, sizeof(int) * (size_t)n_fds);
	}
	while (sendmsg(fd, &mh, MSG_NOSIGNAL | flags) < 0)
		if (errno != EINTR)
			return -errno;
	return 0;
}

static int take_fds(struct msghdr *mh, int *fds)
{
	int n = 0;

	for (struct cmsghdr *c = CMSG_FIRSTHDR(mh); c; c = CMSG_NXTHDR(mh, c)) {
		if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS)
			continue;
		n = (int)((c->cmsg_len - CMSG_LEN(0)) / sizeof(int));
		memcpy(fds, CMSG_DATA(c), sizeof(int) * (size_t)n);
	}
	return n;
}

int message_receive(int fd, struct message *m, int *fds, int *ret_n_fds, int flags)
{
	union fd_control control = {0};
	struct iovec iov = {.iov_base = m, .iov_len = sizeof(*m)};
	struct msghdr mh = {
		.msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = control.space,
		/*
		 * CMSG_SPACE() rounds up, which would leave room for one descriptor more than fds
		 * holds.
		 */
		.msg_controllen = CMSG_LEN(sizeof(int) * PROTOCOL_MAX_FDS),
	};
	bool reset = false;
	ssize_t n;
	int n_fds;

	for (int i = 0; i < PROTOCOL_MAX_FDS; i++)
		fds[i] = -1;
	while ((n = recvmsg(fd, &mh, MSG_CMSG_CLOEXEC | flags)) < 0) {
		/*
		 * Reported once, before the peer's own data, if the peer ended without reading
		 * ours.
		 */
		if (errno == ECONNRESET && !reset)
			reset = true;
		else if (errno != EINTR)
			return -errno;
	}
	n_fds = take_fds(&mh, fds);
	if (n >= (ssize_t)offsetof(struct message, value) && m->magic == PROTOCOL_MAGIC &&
	    (size_t)n == message_size(m) && !(mh.msg_flags & (MSG_TRUNC | MSG_CTRUNC))) {
		if (m->type == MESSAGE_ERROR)
			m->error.msg[sizeof(m->error.msg) - 1] = '\0';
		*ret_n_fds = n_fds;
		return 1;
	}
	for (int i = 0; i < n_fds; i++) {
		close(fds[i]);
		fds[i] = -1;
	}
	return n == 0 ? 0 : -EPROTO;
}
