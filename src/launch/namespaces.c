/*
 * namespaces.c - namespaces made beside pid 1, on the launcher's processor.
 *
 * A network namespace costs as much as all the mounts together, and neither needs the other until
 * /sys is mounted. So a short-lived helper of the launcher joins the box's user namespace and makes
 * it there while pid 1 works; then it goes on to the nested user namespace. It shares the
 * launcher's memory and descriptor table (CLONE_VM | CLONE_FILES): nothing is copied for it, and
 * what it opens is the launcher's.
 */
#include "launch/namespaces.h"

#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <sched.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "launch/idmap.h"
#include "launch/protocol.h"

struct helper {
	const struct plan *plan;
	int pidfd, boot;
	int you, net;
	int result;
	struct err *err;
};

/* A new network namespace has its loopback down; netdevice(7). */
static int raise_loopback(struct err *e)
{
	struct ifreq ifr = {.ifr_name = "lo", .ifr_flags = IFF_UP | IFF_RUNNING};
	cleanup_close int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	if (fd < 0 || ioctl(fd, SIOCSIFFLAGS, &ifr) < 0)
		return err_sys(e, errno, "cannot bring up the box's loopback");
	return 0;
}

static int open_own(const char *path, int *ret_fd, struct err *e)
{
	*ret_fd = open(path, O_RDONLY | O_CLOEXEC);
	return *ret_fd < 0 ? err_sys(e, errno, "cannot open '%s'", path) : 0;
}

static int make_net(struct helper *h)
{
	int r;

	if (unshare(CLONE_NEWNET) < 0)
		return err_sys(h->err, errno, "cannot make the box's network namespace%s",
			       errno == ENOSPC ? " (user.max_net_namespaces)" : "");
	r = raise_loopback(h->err);
	return r < 0 ? r : open_own("/proc/self/ns/net", &h->net, h->err);
}

/* box-root must have an id before one can be nested in it. */
static int wait_mapped(struct helper *h)
{
	int fds[PROTOCOL_MAX_FDS], n_fds, r;
	struct message m;

	r = message_receive(h->boot, &m, fds, &n_fds, 0);
	if (r == 1 && m.type == MESSAGE_MAPPED)
		return 0;
	if (r == 1 && m.type == MESSAGE_ERROR) {
		*h->err = m.error;
		return -m.error.code;
	}
	return err_set(h->err, ECONNRESET, "the box's pid 1 was killed while it started");
}

static int make_you(struct helper *h)
{
	const struct plan *p = h->plan;
	int r = wait_mapped(h);

	if (r < 0)
		return r;
	if (unshare(CLONE_NEWUSER) < 0)
		return err_sys(h->err, errno, "cannot make the nested user namespace");
	r = idmap_write(p->you_uid, p->you_gid, 0, 0, h->err);
	return r < 0 ? r : open_own("/proc/self/ns/user", &h->you, h->err);
}

static int helper_main(void *arg)
{
	struct helper *h = arg;

	if (setns(h->pidfd, CLONE_NEWUSER) < 0)
		h->result = err_sys(h->err, errno, "cannot join the box's user namespace");
	else
		h->result = h->plan->net == PLAN_NET_NEW ? make_net(h) : 0;
	if (h->result == 0)
		h->result = make_you(h);
	return 0;
}

int namespaces_make(const struct plan *p, int pidfd, int boot, int *ret_you, int *ret_net,
		    struct err *e)
{
	_Alignas(16) char stack[32768];
	struct helper h = {.plan = p,
			   .pidfd = pidfd,
			   .boot = boot,
			   .you = -1,
			   .net = -1,
			   .result = -ECHILD,
			   .err = e};
	pid_t pid = clone(helper_main, stack + sizeof(stack),
			  CLONE_VM | CLONE_VFORK | CLONE_FILES | SIGCHLD, &h);

	if (pid < 0)
		return err_sys(e, errno, "cannot start a helper process");
	while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
		;
	if (h.result == -ECHILD)
		err_set(e, ECHILD, "the helper process was killed");
	if (h.result < 0) {
		close_fd(&h.you);
		close_fd(&h.net);
		return h.result;
	}
	*ret_you = h.you;
	*ret_net = h.net;
	return 0;
}
