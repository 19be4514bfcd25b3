/*
 * init.c - pid 1 of a box: builds it, then serves sessions until the box ends.
 *
 * Owns the box: when it exits the kernel kills every process and undoes every mount. Promises to
 * reap, to forward signals, to start sessions, to linger. It is a copy of the launcher, never
 * executes a program, and is not dumpable: nothing inside can trace it, read its memory or reach
 * its descriptors and its binary. Never reads data of variable length: a request is one message of
 * fixed size, and the session's own process reads its payload.
 */
#include "launch/init.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/keyctl.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/idmap.h"
#include "base/mem.h"
#include "base/proc.h"
#include "launch/caps.h"
#include "launch/landlock.h"
#include "launch/rootfs.h"
#include "launch/seccomp.h"
#include "launch/serve.h"

#define CONTROL_BACKLOG 512 /* clients that connect while pid 1 is busy */

/* Keeps descriptors 0 to 2 open: what arrives for a session must not end up there. */
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

/*
 * P1. stdio stays until the box's own /dev/null replaces it (P5). Pid 1 is the one that listens, so
 * that SO_PEERCRED(7) names it to clients, even if its launcher died before recording it.
 */
static int detach(const struct plan *p, int boot, struct err *e)
{
	static const int usual[] = {SIGHUP,  SIGINT,  SIGQUIT, SIGPIPE, SIGALRM, SIGTERM,  SIGCHLD,
				    SIGTSTP, SIGTTIN, SIGTTOU, SIGUSR1, SIGUSR2, SIGWINCH, SIGXFSZ};
	int keep[] = {0, 1, 2, p->control_fd, p->lifetime_fd, boot};

	if (listen(p->control_fd, CONTROL_BACKLOG) < 0)
		return err_sys(e, errno, "cannot listen on the box's control socket");
	setsid();
	/*
	 * Leaves the caller's keys outside; see session-keyring(7). Kernels without keys fail,
	 * which is fine.
	 */
	syscall(SYS_keyctl, KEYCTL_JOIN_SESSION_KEYRING, NULL);
	proc_set_title("sandbox: pid 1 of a box");
	proc_close_others(keep, ARRAY_SIZE(keep));
	umask(0);
	/*
	 * Signals that the caller ignores must not be ignored in sessions; clone3() has reset the
	 * handlers.
	 */
	for (size_t i = 0; i < ARRAY_SIZE(usual); i++)
		signal(usual[i], SIG_DFL);
	return 0;
}

/* P2 */
static int take_ids(const struct plan *p, int boot, struct err *e)
{
	struct message mapped = {.type = MESSAGE_MAPPED};
	int r = idmap_write(0, 0, p->outer_uid, p->outer_gid, e);

	if (r == 0 && (r = message_send(boot, &mapped, NULL, 0, MSG_DONTWAIT)) < 0)
		r = err_sys(e, -r, "cannot tell the launcher that the box has its ids");
	return r;
}

/*
 * P4. *ret_you is the nested user namespace. Joins the others for good; with a gateway it is in the
 * network namespace already, and gets *ret_sysfs, else -1.
 */
static int join_namespaces(const struct plan *p, int boot, int *ret_you, int *ret_sysfs,
			   struct err *e)
{
	int fds[PROTOCOL_MAX_FDS], n_fds = 0, want = p->net == PLAN_NET_HOST ? 2 : 3;
	struct message m;

	if (message_receive(boot, &m, fds, &n_fds, 0) != 1 || m.type != MESSAGE_NAMESPACES ||
	    n_fds != want)
		return err_set(e, ECONNRESET, "the launcher ended while the box started");
	if (setns(fds[1], CLONE_NEWIPC) < 0)
		return err_sys(e, errno, "cannot join the box's ipc namespace");
	close_fd(&fds[1]);
	if (p->net == PLAN_NET_NEW) {
		if (setns(fds[2], CLONE_NEWNET) < 0)
			return err_sys(e, errno, "cannot join the box's network namespace");
		close_fd(&fds[2]);
	}
	*ret_you = fds[0];
	*ret_sysfs = fds[2];
	return 0;
}

/* The socket for sudo inside; pid 1 serves it like the control socket, but only for root. */
static int listen_sudo(int *ret_fd, struct err *e)
{
	struct sockaddr_un addr = {.sun_family = AF_UNIX, .sun_path = BOX_SUDO_SOCKET};
	cleanup_close int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	if (fd < 0 || bind(fd, (struct sockaddr *)&addr, sizeof(addr)) < 0 || listen(fd, 64) < 0)
		return err_sys(e, errno, "cannot listen on '%s' in the box", BOX_SUDO_SOCKET);
	*ret_fd = take_fd(&fd);
	return 0;
}

/*
 * P6. After this the box can neither read nor trace pid 1, and pid 1 has few rights itself. The
 * filter protects its limits: prlimit(2) only checks for the same uid.
 */
static int restrict_self(const struct plan *p, struct err *e)
{
	int r;

	if (sethostname(p->hostname, strlen(p->hostname)) < 0)
		return err_sys(e, errno, "cannot set hostname '%s'", p->hostname);
	if (p->net == PLAN_NET_HOST && (r = landlock_scope(e)) < 0)
		return r;
	r = caps_keep_root(p->host_root, e);
	if (r < 0)
		return r;
	if (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) < 0)
		return err_sys(e, errno, "cannot become undumpable");
	return 0;
}

static int build(const struct plan *p, int boot, struct server *srv, struct err *e)
{
	struct rootfs root;
	int you = -1, r = detach(p, boot, e);

	if (r == 0)
		r = take_ids(p, boot, e);
	if (r == 0)
		r = rootfs_build(p, &root, e);
	if (r == 0)
		r = join_namespaces(p, boot, &you, &root.sysfs, e);
	if (r == 0)
		r = rootfs_enter(p, &root, e);
	if (r < 0)
		return r;
	/*
	 * Closes the descriptors that built the root, and stdio: a box keeps no caller's terminal,
	 * pipe or log.
	 */
	proc_close_others((int[]){0, 1, 2, p->control_fd, p->lifetime_fd, boot, root.pts, you}, 8);
	r = hold_stdio(e);
	if (r == 0 && p->sudo)
		r = listen_sudo(&srv->sudo_fd, e);
	srv->pts = root.pts;
	srv->policy.you_userns = you;
	return r < 0 ? r : restrict_self(p, e);
}

noreturn void pid1_main(const struct plan *p, int boot)
{
	struct server srv = {
		.control_fd = p->control_fd,
		.sudo_fd = -1,
		.stop_signal = p->stop_signal ? p->stop_signal : SIGTERM,
		.linger_ms = p->linger_ms,
		.exit_fd = p->notes_exit ? p->lifetime_fd : -1,
		.policy.host_root = p->host_root,
		.policy.identity = -1,
		.held.socket = -1,
		.policy.host_names = p->net == PLAN_NET_HOST && p->etc.hosts,
		.policy.seccomp_flags = (p->nested ? SECCOMP_NESTED : 0) |
					(p->io_uring ? SECCOMP_IO_URING : 0) |
					(p->perf ? SECCOMP_PERF : 0) |
					(p->renames ? SECCOMP_RENAMES : 0) |
					(p->nested && !p->renames ? 0 : SECCOMP_MODES) |
					(p->forward && !p->nested ? SECCOMP_FORWARD : 0) |
					(p->owners && !p->nested ? SECCOMP_OWNERS : 0),
	};
	struct message m = {.type = MESSAGE_ERROR};

	if (build(p, boot, &srv, &m.error) < 0) {
		message_send(boot, &m, NULL, 0, MSG_DONTWAIT);
		_exit(125);
	}
	serve_run(&srv, boot);
	_exit(0);
}
