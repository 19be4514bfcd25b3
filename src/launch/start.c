/*
 * start.c - the launcher's side of a start, and the contract with pid 1.
 *
 *	launcher (start_box)			pid 1 (pid1_main, init.c)
 *	--------------------			-------------------------
 *	L1 plan_check()
 *	L2 socketpair: the boot connection
 *	L3 clone3(user, mount, pid, uts, cgroup if
 *	   v2); with a gateway, which the caller has
 *	   joined, in its namespaces
 *						P1 detach(): listens; own session; of the host's
 *						   descriptors only stdio, control, lifetime
 *						   lock, boot connection
 *						P2 idmap_write(): box-root is you outside
 *	   MAPPED <----------------------------
 *	L4 namespaces_make(): the network	P3 rootfs_build(): all mounts but /sys
 *	   namespace and its loopback, or sysfs of
 *	   the gateway's; ipc; "you"
 *	   NAMESPACES + fds ------------------> P4 join_namespaces()
 *	L5 the caller records the box; then	P5 rootfs_enter(): /sys, pivot; stdio is the
 *	   start_wait(): the network is up	   box's /dev/null
 *	L6 it may send SESSION on the boot
 *	   connection
 *						P6 restrict_self(): hostname, sudo's socket,
 *						   Landlock, capabilities, not dumpable
 *						P7 server_run(): the first message read is SESSION
 *	   ACCEPTED <--------------------------
 *
 * When it goes wrong:
 *	L1-L3	start_box() fails; nothing was started
 *	L4	start_box() fails; pid 1 is killed and reaped
 *	L5	start_wait() fails; the caller kills pid 1
 *	P1-P2	ERROR instead of MAPPED: start_box() fails with it
 *	P3-P7	ERROR on the boot connection, pid 1 exits; the kernel undoes everything
 *	a message cannot be sent: the sender gives up as if its peer had gone and closes the boot
 *		connection, so that the peer does not wait
 *	the launcher dies: before NAMESPACES pid 1 reads the end of the boot connection and exits;
 *		after it, before SESSION, the box has no owner and ends once it serves, without
 *		lingering
 *	pid 1 is killed: the boot connection ends without EXIT; the client reports it
 */
#include "launch/start.h"

#include <errno.h>
#include <linux/magic.h>
#include <linux/sched.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdnoreturn.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/proc.h"
#include "base/slice.h"
#include "launch/gateway.h"
#include "launch/init.h"
#include "launch/namespaces.h"
#include "launch/protocol.h"
#include "launch/refused.h"

/*
 * None with cgroup v1, as in docker and podman: the mounts of v1, which come with the host's /sys,
 * would have roots outside the namespace (`/../..`), and Java fails with a NullPointerException on
 * such a root when gradle and others ask it for the available memory. Only v1 has files called
 * `tasks`.
 */
static uint64_t cgroup_namespace(void)
{
	struct statfs fs;

	/* To look for a file that is not there takes the kernel longer. */
	if (statfs("/sys/fs/cgroup", &fs) == 0 && fs.f_type == CGROUP2_SUPER_MAGIC)
		return CLONE_NEWCGROUP;
	return access("/sys/fs/cgroup/memory/tasks", F_OK) == 0 ? 0 : CLONE_NEWCGROUP;
}

/* flags: CLONE_* besides those of each box. Returns twice, or -1 with errno. */
static pid_t clone_box(uint64_t flags, int *ret_pidfd)
{
	struct clone_args args = {
		.flags = flags | CLONE_CLEAR_SIGHAND | CLONE_NEWUSER | CLONE_NEWNS | CLONE_NEWPID |
			 CLONE_NEWUTS | cgroup_namespace(),
		.pidfd = (uintptr_t)ret_pidfd,
	};

	return (pid_t)syscall(SYS_clone3, &args, sizeof(args));
}

struct birth {
	const struct plan *plan;
	const struct project *project;
	int boot;
	/* The compiler must write these, although that process ends at once. */
	volatile pid_t pid; /* -1: errnum says why */
	volatile int errnum;
	volatile bool strange; /* the project could not be joined */
};

/* In a process that shares the launcher's memory. Pid 1 has a copy of that, and does not return. */
static noreturn void go_and_clone(struct birth *b)
{
	b->strange = setns(b->project->userns, CLONE_NEWUSER) < 0 ||
		     setns(b->project->netns, CLONE_NEWNET) < 0;
	if (!b->strange)
		b->pid = clone_box(CLONE_PARENT, NULL);
	b->errnum = errno;
	if (b->pid == 0)
		pid1_main(b->plan, b->boot);
	_exit(0);
}

/*
 * Pid 1 below the project's user namespace and in its network: the kernel lets it only be born
 * there. Another process goes there and makes it, as our child; we would be in there for good.
 * Returns the pid, or a negative code.
 */
static int clone_pid1_inside(const struct plan *p, const struct project *in, int boot,
			     int *ret_pidfd, struct err *e)
{
	struct birth b = {.plan = p, .project = in, .boot = boot, .pid = -1, .errnum = EAGAIN};
	/* It only makes system calls, and has written b when we go on. */
	pid_t helper = vfork(); /* NOLINT(clang-analyzer-security.insecureAPI.vfork) */
	int pidfd;

	if (helper == 0)
		go_and_clone(&b); /* NOLINT(clang-analyzer-unix.Vfork) */
	while (helper > 0 && waitpid(helper, NULL, 0) < 0 && errno == EINTR)
		;
	if (b.pid < 0)
		return b.strange ? refused_project(b.errnum, e) : refused_userns(b.errnum, e);
	pidfd = proc_pidfd(b.pid);
	if (pidfd < 0) {
		proc_kill_and_reap(b.pid);
		return refused_userns(-pidfd, e);
	}
	*ret_pidfd = pidfd;
	return b.pid;
}

/* L3. Returns the pid, or a negative code. project: with a gateway only. */
static int clone_pid1(const struct plan *p, const struct project *project, int boot, int *ret_pidfd,
		      struct err *e)
{
	pid_t pid;

	if (p->net == PLAN_NET_GATEWAY)
		return clone_pid1_inside(p, project, boot, ret_pidfd, e);
	pid = clone_box(CLONE_PIDFD, ret_pidfd);
	if (pid == 0)
		pid1_main(p, boot);
	return pid < 0 ? refused_userns(errno, e) : pid;
}

static int give_box(const struct plan *p, int pidfd, struct err *e)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < p->n_ports; i++)
		r = gateway_publish(p->gateway, &p->ports[i], e);
	return r < 0 ? r : gateway_give_box(p->gateway, pidfd, e);
}

/* L4. A helper sends them to pid 1, before we run again. */
static int give_namespaces(const struct plan *p, const struct project *project, int boot, int pidfd,
			   struct err *e)
{
	bool gateway = p->net == PLAN_NET_GATEWAY;
	int r = gateway ? give_box(p, pidfd, e) : 0;

	return r < 0 ? r : namespaces_make(p, gateway ? project : NULL, pidfd, boot, e);
}

/* Of two failures, the one that pid 1 reported is the cause. */
static int first_error(int boot, struct err *e)
{
	int fds[PROTOCOL_MAX_FDS], n_fds;
	struct message m;

	while (message_receive(boot, &m, fds, &n_fds, MSG_DONTWAIT) == 1)
		if (m.type == MESSAGE_ERROR)
			*e = m.error;
	return -e->code;
}

int start_box(const struct plan *p, struct started_box *ret, struct err *e)
{
	cleanup_close int boot = -1, boot_child = -1, pidfd = -1;
	cleanup_project struct project project = PROJECT_INIT;
	struct started_box started = {0};
	int pair[2], r = plan_check(p, e);

	if (r == 0 && p->net == PLAN_NET_GATEWAY)
		r = gateway_project(p->gateway, &project, e);
	if (r < 0)
		return r;
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0)
		return err_sys(e, errno, "cannot make the boot connection");
	boot = pair[0];
	boot_child = pair[1];
	slice_shorten();
	started.pid = clone_pid1(p, &project, boot_child, &pidfd, e);
	if (started.pid < 0)
		return started.pid;
	started.pidfd = pidfd;
	close_fd(&boot_child);
	r = give_namespaces(p, &project, boot, pidfd, e);
	if (r < 0) {
		proc_kill_and_reap(started.pid);
		return first_error(boot, e);
	}
	started.pidfd = take_fd(&pidfd);
	started.boot_fd = take_fd(&boot);
	*ret = started;
	return 0;
}

int start_wait(const struct plan *p, struct started_box *box, struct err *e)
{
	if (p->net != PLAN_NET_GATEWAY || gateway_wait(p->gateway, &box->number, e) == 0)
		return 0;
	return first_error(box->boot_fd, e);
}
