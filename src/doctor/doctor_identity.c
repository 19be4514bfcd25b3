/*
 * doctor_identity.c - whether root of a box can become another user: what launch/identity.c needs.
 */
#include <errno.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

#include "doctor/doctor_probe.h"
#include "launch/identity.h"
#include "launch/seccomp.h"

#define SYSCTL_YAMA "/proc/sys/kernel/yama/ptrace_scope"

/* -ECHILD: no process may be traced. */
static int try_trace(void)
{
	pid_t pid = fork();
	int r;

	if (pid < 0)
		return -errno;
	if (pid == 0) {
		pause();
		_exit(0);
	}
	r = ptrace(PTRACE_SEIZE, pid, NULL, (void *)PTRACE_O_EXITKILL) < 0 ? -ECHILD : 0;
	kill(pid, SIGKILL);
	while (waitpid(pid, NULL, __WALL) < 0 && errno == EINTR)
		;
	return r;
}

/* -EBUSY: seccomp listeners are not available, or a filter around us has one already. */
static int try_identity(void *arg)
{
	int listener, r = try_trace();
	struct err ignored;

	(void)arg;
	if (r < 0)
		return r;
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 ||
	    seccomp_apply_listening(SECCOMP_ROOT | SECCOMP_ASKING, &listener, &ignored) < 0)
		return -EINVAL;
	return listener < 0 ? -EBUSY : 0;
}

void doctor_check_identity(const struct doctor_place *place, struct doctor_result *ret)
{
	static const char weak[] = "root of a box can become no other user (su, gosu, apt's _apt)";
	const char *step;
	int r;

	(void)place;
	if (!identity_supported()) {
		doctor_set(ret, DOCTOR_NOTE, weak, "not made for this kind of processor yet");
		doctor_fix(ret, "apt-get -o APT::Sandbox::User=root ... works without");
		return;
	}
	r = doctor_try(0, try_identity, NULL, &step);
	if (r == 0) {
		doctor_set(ret, DOCTOR_OK, "each in a user namespace of its own, without a subuid",
			   "calls can be answered, and processes be traced");
		return;
	}
	if (r == -EBUSY && !*step) {
		doctor_set(ret, DOCTOR_NOTE, weak,
			   "another sandbox around this one answers system calls already");
		doctor_fix(ret, "start the outer box as yourself, not as its root");
		return;
	}
	doctor_set(ret, DOCTOR_NOTE, weak, "processes cannot be traced%s",
		   doctor_read_number(SYSCTL_YAMA) == 3 ? " (kernel.yama.ptrace_scope is 3)" : "");
	doctor_fix(ret, doctor_read_number(SYSCTL_YAMA) == 3
				? "set kernel.yama.ptrace_scope below 3 and start the machine again"
				: "in docker or podman: --security-opt seccomp=unconfined");
}
