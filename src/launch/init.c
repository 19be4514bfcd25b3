/*
 * init.c - pid 1 of a box: builds it, then serves sessions until the box ends.
 *
 * Owns the box: when it exits the kernel ends every process and undoes every mount. Promises to
 * reap, to forward signals, to start sessions, to linger. It is the launcher's own image, never
 * executed anew, and not dumpable: nothing inside can trace it, read its memory or reach its
 * descriptors and its binary. Refuses to read anything of variable length: a request is one fixed
 * message, its payload is read by the session's own process.
 */
#include "launch/init.h"

#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/mem.h"
#include "launch/caps.h"
#include "launch/idmap.h"
#include "launch/landlock.h"
#include "launch/rootfs.h"
#include "launch/seccomp.h"
#include "launch/serve.h"

/* Closes every descriptor but the n in keep. */
static void close_others(int *keep, size_t n)
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

/* Descriptors 0 to 2 are never free: what arrives for a session must not land there. */
static int hold_stdio(struct err *e)
{
	int fd = open("/dev/null", O_RDWR | O_CLOEXEC);

	if (fd < 0)
		return err_sys(e, errno, "cannot open '/dev/null'");
	for (int i = 0; i < 3; i++)
		if (fd != i && dup3(fd, i, O_CLOEXEC) < 0)
			return err_sys(e, errno, "cannot duplicate '/dev/null'");
	if (fd > 2)
		close(fd);
	return 0;
}

/* P1. stdio goes as well: a box holds on to nobody's terminal, pipe or log file. */
static int detach(const struct plan *p, int boot, int gate, struct err *e)
{
	int keep[] = {p->control_fd, p->lifetime_fd, boot, gate};

	setsid();
	close_others(keep, ARRAY_SIZE(keep));
	umask(0);
	return hold_stdio(e);
}

/* P2 */
static int take_ids(const struct plan *p, int gate, struct err *e)
{
	char end;

	if (!p->subid)
		return idmap_write_single(p->outer_uid, p->outer_gid, e);
	while (read(gate, &end, 1) < 0 && errno == EINTR)
		;
	close(gate);
	return 0;
}

/* P3. A new network namespace has its loopback down; netdevice(7). */
static int raise_loopback(struct err *e)
{
	struct ifreq ifr = {.ifr_name = "lo", .ifr_flags = IFF_UP | IFF_RUNNING};
	cleanup_close int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	if (fd < 0 || ioctl(fd, SIOCSIFFLAGS, &ifr) < 0)
		return err_sys(e, errno, "cannot bring up the box's loopback");
	return 0;
}

/* The socket that sudo, inside, asks; pid 1 serves it like the control socket, for root only. */
static int listen_sudo(int *ret_fd, struct err *e)
{
	struct sockaddr_un addr = {.sun_family = AF_UNIX, .sun_path = BOX_SUDO_SOCKET};
	cleanup_close int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	if (fd < 0 || bind(fd, (struct sockaddr *)&addr, sizeof(addr)) < 0 || listen(fd, 64) < 0)
		return err_sys(e, errno, "cannot listen on '%s' in the box", BOX_SUDO_SOCKET);
	*ret_fd = take_fd(&fd);
	return 0;
}

/* P6. From here on nothing of pid 1 can be changed by the box, and it can do little itself. */
static int restrict_self(const struct plan *p, struct err *e)
{
	int r;

	if (sethostname(p->hostname, strlen(p->hostname)) < 0)
		return err_sys(e, errno, "cannot set hostname '%s'", p->hostname);
	if (p->net == PLAN_NET_HOST && (r = landlock_scope(e)) < 0)
		return r;
	r = caps_drop_to_root(e);
	if (r < 0)
		return r;
	if (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) < 0)
		return err_sys(e, errno, "cannot become undumpable");
	return 0;
}

static int build(const struct plan *p, int boot, int gate, struct server *srv, struct err *e)
{
	int pts = -1, you = -1, r = detach(p, boot, gate, e);

	if (r == 0)
		r = take_ids(p, gate, e);
	if (r == 0 && p->net == PLAN_NET_NEW)
		r = raise_loopback(e);
	if (r == 0)
		r = idmap_make_you(p->you_uid, p->you_gid, p->subid, &you, e);
	if (r == 0)
		r = rootfs_build(p, &pts, e);
	if (r < 0)
		return r;
	/* What was cloned of the host's tree is mounted by now; its descriptors go. */
	close_others((int[]){0, 1, 2, p->control_fd, p->lifetime_fd, boot, pts, you}, 8);
	if ((r = hold_stdio(e)) < 0)
		return r;
	srv->pts = pts;
	srv->policy.you_userns = you;
	if (p->sudo && (r = listen_sudo(&srv->sudo_fd, e)) < 0)
		return r;
	return restrict_self(p, e);
}

noreturn void pid1_main(const struct plan *p, int boot, int gate)
{
	struct server srv = {
		.control_fd = p->control_fd,
		.sudo_fd = -1,
		.linger_ms = p->linger_ms,
		.policy = {
			.seccomp_flags = (p->nested ? SECCOMP_NESTED : 0) |
					 (p->io_uring ? SECCOMP_IO_URING : 0) |
					 (p->perf ? SECCOMP_PERF : 0),
			.fake_root = !p->subid,
		},
	};
	struct message m = {.type = MESSAGE_ERROR};

	if (build(p, boot, gate, &srv, &m.error) < 0) {
		message_send(boot, &m, NULL, 0, MSG_DONTWAIT);
		_exit(125);
	}
	server_run(&srv, boot);
	_exit(0);
}
