/*
 * fuzz_protocol.c - any bytes as a packet on the control socket, with descriptors, and as the
 * payload of a session: results point into the input, and no descriptor stays open that was not
 * returned.
 */
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "launch/payload.h"
#include "launch/protocol.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define SENT_FDS 20 /* more than are accepted */

static void send_packet(int fd, const uint8_t *data, size_t size, int n_fds)
{
	union {
		struct cmsghdr align;
		char space[CMSG_SPACE(sizeof(int) * SENT_FDS)];
	} control = {0};
	struct iovec iov = {.iov_base = (void *)(uintptr_t)data, .iov_len = size};
	struct msghdr mh = {.msg_iov = &iov, .msg_iovlen = 1};

	if (n_fds) {
		struct cmsghdr *c = &control.align;

		mh.msg_control = control.space;
		mh.msg_controllen = CMSG_SPACE(sizeof(int) * (size_t)n_fds);
		c->cmsg_level = SOL_SOCKET;
		c->cmsg_type = SCM_RIGHTS;
		c->cmsg_len = CMSG_LEN(sizeof(int) * (size_t)n_fds);
		for (int i = 0; i < n_fds; i++)
			memcpy(CMSG_DATA(c) + sizeof(int) * (size_t)i, &fd, sizeof(fd));
	}
	if (sendmsg(fd, &mh, MSG_NOSIGNAL) < 0)
		abort();
}

static void as_packet(const uint8_t *data, size_t size, int n_fds)
{
	struct message m;
	int pair[2], fds[PROTOCOL_MAX_FDS], n = 0, r;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0)
		abort();
	send_packet(pair[0], data, size, n_fds);
	r = message_receive(pair[1], &m, fds, &n, 0);
	if (r == 1 && (n != n_fds || n > PROTOCOL_MAX_FDS))
		abort();
	if (r == 1 && m.type == MESSAGE_ERROR && strlen(m.error.msg) >= sizeof(m.error.msg))
		abort();
	for (int i = 0; i < PROTOCOL_MAX_FDS; i++) {
		if ((fds[i] >= 0) != (r == 1 && i < n) || (fds[i] >= 0 && close(fds[i]) < 0))
			abort();
	}
	close(pair[0]);
	close(pair[1]);
}

/*
 * The bytes from p on are in the data; n: of a string, including the NUL that the reader appends.
 */
static void lies_in(const struct payload *p, size_t size, const void *from, size_t n)
{
	size_t at = (size_t)((const char *)from - p->data);

	if (at > size || n > size + 1 - at)
		abort();
}

static void strings_lie_in(const struct payload *p, size_t size, char *const *v)
{
	for (; v && *v; v++)
		lies_in(p, size, *v, strlen(*v) + 1);
}

static void as_payload(const uint8_t *data, size_t size)
{
	cleanup_payload struct payload p = {0};
	cleanup_close int fd = memfd_create("payload", MFD_CLOEXEC);
	struct err e;

	if (fd < 0 || write_all(fd, data, size) < 0)
		abort();
	if (payload_read(fd, &p, &e) < 0) {
		if (p.data || p.argv || p.envp)
			abort();
		return;
	}
	strings_lie_in(&p, size, p.argv);
	strings_lie_in(&p, size, p.envp);
	strings_lie_in(&p, size, p.shared);
	lies_in(&p, size, p.cwd, strlen(p.cwd) + 1);
	lies_in(&p, size, p.user, strlen(p.user) + 1);
	lies_in(&p, size, p.facts.names, strlen(p.facts.names) + 1);
	lies_in(&p, size, p.facts.locale, strlen(p.facts.locale) + 1);
	lies_in(&p, size, p.facts.terminfo, p.facts.terminfo_size);
	lies_in(&p, size, p.facts.authorities, p.facts.authorities_size);
	lies_in(&p, size, p.files, p.files_size);
	if (!p.envp || !p.shared || p.umask > 0777)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	int next = dup(0);

	close(next);
	if (size)
		as_packet(data + 1, size - 1, data[0] % (SENT_FDS + 1));
	as_payload(data, size);
	if (dup(0) != next) /* a descriptor was left open */
		abort();
	close(next);
	return 0;
}
