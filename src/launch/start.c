/*
 * start.c - the launcher's side of a start, and the contract with pid 1.
 *
 *	launcher (start_box)			pid 1 (pid1_main, init.c)
 *	--------------------			-------------------------
 *	L1 plan_check()
 *	L2 socketpair: the boot connection
 *	L3 clone3(user, mount, pid, ipc, uts,
 *	   cgroup [, net])
 *						P1 detach(): own session, no descriptor of the host but
 *						   control, lifetime lock, boot connection
 *	L4 subid only: idmap_write_subid(),
 *	   then closes the gate --------------> P2 ids: waits at the gate, or idmap_write_single()
 *	L5 returns; the caller may already
 *	   send SESSION on the boot connection
 *						P3 network: loopback up, in an own namespace
 *						P4 idmap_make_you(): the "you" namespace
 *						P5 rootfs_build(): mounts, pivot, host out of view
 *						P6 restrict_self(): hostname, sudo's socket, Landlock,
 *						   capabilities, not dumpable
 *						P7 pid1_serve(): the first message read is SESSION
 *	   ACCEPTED <--------------------------
 *
 * When it goes wrong:
 *	L1-L3	start_box() fails; nothing was started
 *	L4	start_box() fails; pid 1 is killed and reaped
 *	P1-P6	ERROR on the boot connection, pid 1 exits; the kernel undoes all that was made
 *	the launcher dies at any point: pid 1 reads the end of the boot connection in P7, has no
 *		session, lingers and goes
 *	pid 1 is killed: the boot connection ends without EXIT; the client says so
 */
#include "launch/start.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/sched.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "launch/idmap.h"
#include "launch/init.h"

static pid_t clone_pid1(const struct plan *p, int *ret_pidfd)
{
	struct clone_args args = {
		.flags = CLONE_PIDFD | CLONE_CLEAR_SIGHAND | CLONE_NEWUSER | CLONE_NEWNS |
			 CLONE_NEWPID | CLONE_NEWIPC | CLONE_NEWUTS | CLONE_NEWCGROUP,
		.pidfd = (uintptr_t)ret_pidfd,
	};

	if (p->net == PLAN_NET_NEW)
		args.flags |= CLONE_NEWNET;
	return (pid_t)syscall(SYS_clone3, &args, sizeof(args));
}

/* What stands in the way when the clone is refused; user_namespaces(7), clone(2). */
static int clone_error(int errnum, struct err *e)
{
	switch (errnum) {
	case ENOSPC:
		return err_set(e, ENOSPC, "user namespaces are used up or switched off: raise "
			       "/proc/sys/user/max_user_namespaces (see sandbox doctor)");
	case EPERM:
		return err_set(e, EPERM, "this machine does not let users make user namespaces "
			       "(see sandbox doctor for the fix)");
	case EUSERS:
		return err_set(e, EUSERS, "user namespaces are nested too deep");
	default:
		return err_sys(e, errnum, "cannot make the box's namespaces");
	}
}

static void kill_and_reap(pid_t pid, int *pidfd)
{
	kill(pid, SIGKILL);
	while (waitpid(pid, NULL, __WALL) < 0 && errno == EINTR)
		;
	close_fd(pidfd);
}

int start_box(const struct plan *p, struct started_box *ret, struct err *e)
{
	cleanup_close int boot = -1, boot_child = -1, gate = -1, gate_child = -1, pidfd = -1;
	int pair[2], r = plan_check(p, e);
	pid_t pid;

	if (r < 0)
		return r;
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0)
		return err_sys(e, errno, "cannot make the boot connection");
	boot = pair[0];
	boot_child = pair[1];
	if (p->subid) {
		if (pipe2(pair, O_CLOEXEC) < 0)
			return err_sys(e, errno, "cannot make the start gate");
		gate_child = pair[0];
		gate = pair[1];
	}
	pid = clone_pid1(p, &pidfd);
	if (pid < 0)
		return clone_error(errno, e);
	if (pid == 0)
		pid1_main(p, boot_child, gate_child);
	if (p->subid && (r = idmap_write_subid(pid, e)) < 0) {
		kill_and_reap(pid, &pidfd);
		return r;
	}
	*ret = (struct started_box){
		.pid = pid, .pidfd = take_fd(&pidfd), .boot_fd = take_fd(&boot)};
	return 0;
}
