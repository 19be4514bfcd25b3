/*
 * namespaces.c - namespaces made beside pid 1, on the launcher's processor.
 *
 * A network namespace costs as much as all the mounts together, and neither needs the other until
 * /sys is mounted. So a short-lived helper of the launcher, which is our caller, joins the box's user
 * namespace and makes it while pid 1 works, and the ipc namespace; then it makes the nested user
 * namespace. Pid 1, which may be waiting for them, gets them from the helper: its end, and the
 * launcher that waits for that, are not on pid 1's way.
 */
#include "launch/namespaces.h"

#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/idmap.h"
#include "base/proc.h"
#include "launch/protocol.h"

/* What pid 1 gets; -1: not made. */
struct namespaces {
	int you; /* the nested user namespace */
	int ipc;
	int net; /* the network namespace, or with a gateway the mount for /sys */
};

struct making {
	const struct plan *plan;
	int boot;
	struct namespaces made;
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

static int make_net(struct making *m, struct err *e)
{
	int r;

	if (unshare(CLONE_NEWNET) < 0)
		return err_sys(e, errno, "cannot make the box's network namespace%s",
			       errno == ENOSPC ? " (user.max_net_namespaces)" : "");
	r = raise_loopback(e);
	return r < 0 ? r : proc_open_namespace("net", &m->made.net, e);
}

static int make_ipc(struct making *m, struct err *e)
{
	if (unshare(CLONE_NEWIPC) < 0)
		return err_sys(e, errno, "cannot make the box's ipc namespace%s",
			       errno == ENOSPC ? " (user.max_ipc_namespaces)" : "");
	return proc_open_namespace("ipc", &m->made.ipc, e);
}

/*
 * sysfs shows the interfaces of the namespace that it was mounted in, and only the owner of that
 * may mount it: the project's user namespace, and no box below it. We are still there. Mounts take a
 * mount namespace of our own, which ends with this process.
 */
static int make_sysfs(struct making *m, struct err *e)
{
	cleanup_close int fs = -1;

	if (unshare(CLONE_NEWNS) < 0)
		return err_sys(e, errno, "cannot make a mount namespace for the box's sysfs%s",
			       errno == ENOSPC ? " (user.max_mnt_namespaces)" : "");
	fs = fsopen("sysfs", FSOPEN_CLOEXEC);
	if (fs < 0 || fsconfig(fs, FSCONFIG_CMD_CREATE, NULL, NULL, 0) < 0)
		return err_sys(e, errno, "cannot make the box's sysfs");
	m->made.net = fsmount(fs, FSMOUNT_CLOEXEC,
			      MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV |
				      MOUNT_ATTR_NOEXEC);
	return m->made.net < 0 ? err_sys(e, errno, "cannot mount the box's sysfs") : 0;
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
	return r < 0 ? r : proc_open_namespace("user", &m->made.you, e);
}

static int send_made(const struct namespaces *n, int boot, struct err *e)
{
	struct message m = {.type = MESSAGE_NAMESPACES};
	int r = message_send(boot, &m, (int[]){n->you, n->ipc, n->net}, n->net < 0 ? 2 : 3, 0);

	if (r < 0 && r != -EPIPE && r != -ECONNRESET)
		return err_sys(e, -r, "cannot start the box");
	return 0;
}

static int make(struct making *m, int pidfd, struct err *e)
{
	int r = m->plan->net == PLAN_NET_GATEWAY ? make_sysfs(m, e) : 0;

	if (r < 0)
		return r;
	if (setns(pidfd, CLONE_NEWUSER) < 0)
		return err_sys(e, errno, "cannot join the box's user namespace");
	if (m->plan->net == PLAN_NET_NEW)
		r = make_net(m, e);
	if (r == 0)
		r = make_ipc(m, e);
	if (r == 0)
		r = make_you(m, e);
	return r < 0 ? r : send_made(&m->made, m->boot, e);
}

int namespaces_make(const struct plan *p, int pidfd, int boot, struct err *e)
{
	struct making m = {.plan = p, .boot = boot, .made = {.you = -1, .ipc = -1, .net = -1}};
	int r = make(&m, pidfd, e);

	/* The launcher shares our descriptors. */
	close_fd(&m.made.you);
	close_fd(&m.made.ipc);
	close_fd(&m.made.net);
	return r;
}
