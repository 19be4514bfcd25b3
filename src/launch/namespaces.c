/*
 * namespaces.c - namespaces made beside pid 1, on the launcher's processor.
 *
 * A network namespace costs as much as all the mounts together, and neither needs the other until
 * /sys is mounted. So a short-lived helper of the launcher joins the box's user namespace and makes
 * it while pid 1 works. The helper also limits what the box can take of resources counted per user;
 * then it makes the nested user namespace.
 */
#include "launch/namespaces.h"

#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/mem.h"
#include "launch/helper.h"
#include "launch/idmap.h"
#include "launch/protocol.h"

/*
 * Limits that count per user on the whole machine, and that hold in a box's user namespace and
 * those nested in it; namespaces(7), inotify(7). Each takes 70 us to open, in parallel to pid 1.
 */
static const struct {
	const char *everywhere, *in_box;
} shared[] = {
	{"/proc/sys/fs/inotify/max_user_instances", "/proc/sys/user/max_inotify_instances"},
	{"/proc/sys/fs/inotify/max_user_watches", "/proc/sys/user/max_inotify_watches"},
};

struct making {
	const struct plan *plan;
	int pidfd, boot;
	int you, net;
};

/* The loopback of a new network namespace is down; netdevice(7). */
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

static int make_net(struct making *m, struct err *e)
{
	int r;

	if (unshare(CLONE_NEWNET) < 0)
		return err_sys(e, errno, "cannot make the box's network namespace%s",
			       errno == ENOSPC ? " (user.max_net_namespaces)" : "");
	r = raise_loopback(e);
	return r < 0 ? r : open_own("/proc/self/ns/net", &m->net, e);
}

/* box-root must be mapped before a user namespace can be nested in it. */
static int wait_mapped(int boot, struct err *e)
{
	int fds[PROTOCOL_MAX_FDS], n_fds, r;
	struct message m;

	r = message_receive(boot, &m, fds, &n_fds, 0);
	if (r == 1 && m.type == MESSAGE_MAPPED)
		return 0;
	if (r == 1 && m.type == MESSAGE_ERROR) {
		*e = m.error;
		return -m.error.code;
	}
	return err_set(e, ECONNRESET, "the box's pid 1 was killed while it started");
}

static int make_you(struct making *m, struct err *e)
{
	const struct plan *p = m->plan;
	int r = wait_mapped(m->boot, e);

	if (r < 0)
		return r;
	if (unshare(CLONE_NEWUSER) < 0)
		return err_sys(e, errno, "cannot make the nested user namespace");
	r = idmap_write(p->you_uid, p->you_gid, 0, 0, e);
	return r < 0 ? r : open_own("/proc/self/ns/user", &m->you, e);
}

/* Files of /proc/sys are read and written whole: one call each. */
static long read_number(const char *path)
{
	cleanup_close int fd = open(path, O_RDONLY | O_CLOEXEC);
	char text[32];
	ssize_t n = fd < 0 ? -1 : read(fd, text, sizeof(text) - 1);

	if (n <= 0)
		return -1;
	text[n] = '\0';
	return strtol(text, NULL, 10);
}

/*
 * A box gets at most half of what its user has, so that one box cannot take everything away from
 * the others and the desktop. root in the box lacks CAP_SYS_RESOURCE, which it would need to raise
 * this. If /proc/sys is not writable, as in most containers, there is no limit.
 */
static void bound_shared(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(shared); i++) {
		long number = read_number(shared[i].everywhere);
		cleanup_close int fd = number <= 1 ? -1
						   : open(shared[i].in_box, O_WRONLY | O_CLOEXEC);
		char text[32];

		if (fd >= 0)
			(void)!write(fd, text,
				     (size_t)snprintf(text, sizeof(text), "%ld", number / 2));
	}
}

static int make(void *arg, struct err *e)
{
	struct making *m = arg;
	int r = 0;

	if (setns(m->pidfd, CLONE_NEWUSER) < 0)
		return err_sys(e, errno, "cannot join the box's user namespace");
	if (m->plan->net == PLAN_NET_NEW)
		r = make_net(m, e);
	bound_shared();
	return r < 0 ? r : make_you(m, e);
}

int namespaces_make(const struct plan *p, int pidfd, int boot, int *ret_you, int *ret_net,
		    struct err *e)
{
	struct making m = {.plan = p, .pidfd = pidfd, .boot = boot, .you = -1, .net = -1};
	int r = helper_run(make, &m, e);

	if (r < 0) {
		close_fd(&m.you);
		close_fd(&m.net);
		return r;
	}
	*ret_you = m.you;
	*ret_net = m.net;
	return 0;
}
