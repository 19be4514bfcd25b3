/*
 * start.c - the launcher's side of a start, and the contract with pid 1.
 *
 *	launcher (start_box)			pid 1 (pid1_main, init.c)
 *	--------------------			-------------------------
 *	L1 plan_check()
 *	L2 socketpair: the boot connection
 *	L3 clone3(user, mount, pid, uts, cgroup if
 *	   v2); with a gateway, which the caller has
 *	   joined, by L4's helper, in its namespaces,
 *	   of which that makes what is missing
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
#include <unistd.h>

#include "base/cleanup.h"
#include "base/helper.h"
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
	struct project project; /* with a gateway only */
	int boot, boot_child;
	pid_t pid;
	int pidfd;
};

static void birth_clear(struct birth *b)
{
	project_clear(&b->project);
	close_fd(&b->boot);
	close_fd(&b->boot_child);
	close_fd(&b->pidfd);
}

/* L3. flags: CLONE_* besides those of each box. Pid 1 has a copy of our memory, and does not return. */
static int clone_pid1(struct birth *b, uint64_t flags, struct err *e)
{
	pid_t pid = clone_box(flags | CLONE_PIDFD, &b->pidfd);

	if (pid == 0)
		pid1_main(b->plan, b->boot_child);
	if (pid < 0)
		return refused_userns(errno, e);
	b->pid = pid;
	close_fd(&b->boot_child);
	return 0;
}

static int give_box(const struct plan *p, int pidfd, struct err *e)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < p->n_ports; i++)
		r = gateway_publish(p->gateway, &p->ports[i], e);
	return r < 0 ? r : gateway_give_box(p->gateway, pidfd, e);
}

/*
 * Pid 1 below the project's user namespace and in its network: the kernel lets it only be born
 * there. The helper goes there and makes it, as the launcher's child; the launcher would be in there
 * for good.
 */
static int clone_pid1_inside(struct birth *b, struct err *e)
{
	bool is_new = b->project.netns < 0;
	int r = project_enter(&b->project, e);

	if (r == 0 && is_new)
		r = gateway_give_project(b->plan->gateway, &b->project, e);
	if (r == 0)
		r = clone_pid1(b, CLONE_PARENT, e);
	return r < 0 ? r : give_box(b->plan, b->pidfd, e);
}

/* In a helper, before we run again: one for all that is done in other namespaces. L4. */
static int help(void *arg, struct err *e)
{
	struct birth *b = arg;
	int r = b->plan->net == PLAN_NET_GATEWAY ? clone_pid1_inside(b, e) : 0;

	return r < 0 ? r : namespaces_make(b->plan, b->pidfd, b->boot, e);
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

static int bear(struct birth *b, struct err *e)
{
	int pair[2], r = 0;

	if (b->plan->net == PLAN_NET_GATEWAY)
		r = gateway_project(b->plan->gateway, &b->project, e);
	if (r < 0)
		return r;
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0)
		return err_sys(e, errno, "cannot make the boot connection");
	b->boot = pair[0];
	b->boot_child = pair[1];
	slice_shorten();
	if (b->plan->net != PLAN_NET_GATEWAY)
		r = clone_pid1(b, 0, e);
	if (r == 0)
		r = helper_run(help, b, e);
	if (r == 0 || b->pid == 0)
		return r;
	proc_kill_and_reap(b->pid);
	return first_error(b->boot, e);
}

int start_box(const struct plan *p, struct started_box *ret, struct err *e)
{
	__attribute__((cleanup(birth_clear))) struct birth b = {
		.plan = p, .project = PROJECT_INIT, .boot = -1, .boot_child = -1, .pidfd = -1};
	int r = plan_check(p, e);

	if (r == 0)
		r = bear(&b, e);
	if (r < 0)
		return r;
	*ret = (struct started_box){
		.pid = b.pid, .pidfd = take_fd(&b.pidfd), .boot_fd = take_fd(&b.boot)};
	return 0;
}

int start_wait(const struct plan *p, struct started_box *box, struct err *e)
{
	if (p->net != PLAN_NET_GATEWAY || gateway_wait(p->gateway, &box->number, e) == 0)
		return 0;
	return first_error(box->boot_fd, e);
}
