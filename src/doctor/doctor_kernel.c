/*
 * doctor_kernel.c - what the kernel lets an unprivileged user do.
 *
 * Each result comes from trying it; sysctls are only read to name the cause of a failure.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <linux/openat2.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "doctor/doctor_probe.h"
#include "launch/landlock.h"

#define SYSCTL_MAX_USERNS   "/proc/sys/user/max_user_namespaces"
#define SYSCTL_DEBIAN_CLONE "/proc/sys/kernel/unprivileged_userns_clone"
#define SYSCTL_APPARMOR	    "/proc/sys/kernel/apparmor_restrict_unprivileged_userns"

/* The oldest supported kernel. */
#define KERNEL_MAJOR 5
#define KERNEL_MINOR 15

void doctor_check_kernel(const struct doctor_place *place, struct doctor_result *ret)
{
	struct utsname u;
	long major, minor;
	char *end;

	(void)place;
	uname(&u);
	major = strtol(u.release, &end, 10);
	minor = *end == '.' ? strtol(end + 1, NULL, 10) : 0;
	if (major > KERNEL_MAJOR || (major == KERNEL_MAJOR && minor >= KERNEL_MINOR)) {
		doctor_set(ret, DOCTOR_OK, NULL, "Linux %s", u.release);
		return;
	}
	doctor_set(ret, DOCTOR_FAIL, NULL, "Linux %s is older than %d.%d", u.release, KERNEL_MAJOR,
		   KERNEL_MINOR);
	doctor_fix(ret, "install a newer kernel and start the machine again");
}

static int try_nothing(void *arg)
{
	(void)arg;
	return 0;
}

/* Names the cause of refused user namespaces and the fix. */
static void explain_userns(const struct doctor_place *place, struct doctor_result *ret)
{
	if (doctor_read_number(SYSCTL_MAX_USERNS) == 0) {
		doctor_fix(ret, "sudo sysctl -w user.max_user_namespaces=15000");
		doctor_fix(ret, "echo user.max_user_namespaces=15000 | "
				"sudo tee /etc/sysctl.d/60-sandbox.conf");
	} else if (doctor_read_number(SYSCTL_DEBIAN_CLONE) == 0) {
		doctor_fix(ret, "sudo sysctl -w kernel.unprivileged_userns_clone=1");
		doctor_fix(ret, "echo kernel.unprivileged_userns_clone=1 | "
				"sudo tee /etc/sysctl.d/60-sandbox.conf");
	} else if (doctor_read_number(SYSCTL_APPARMOR) == 1) {
		doctor_fix(ret,
			   "sed 's|^@{sandbox_exe}=.*|@{sandbox_exe}=%s|' "
			   "%s/profiles/apparmor/sandbox | sudo tee /etc/apparmor.d/sandbox",
			   place->exe, place->share_dir);
		doctor_fix(ret, "sudo apparmor_parser -r /etc/apparmor.d/sandbox");
	} else {
		doctor_fix(ret, "a container or a security module refuses user namespaces: with "
				"docker or podman, run it with --security-opt seccomp=unconfined "
				"--security-opt apparmor=unconfined");
	}
}

void doctor_check_userns(const struct doctor_place *place, struct doctor_result *ret)
{
	const char *step;
	int r = doctor_try(0, try_nothing, NULL, &step);

	if (r < 0) {
		doctor_set(ret, DOCTOR_FAIL, NULL, "%s failed: %s%s", *step ? step : "fork",
			   strerror(-r),
			   doctor_read_number(SYSCTL_MAX_USERNS) == 0
				   ? " (user.max_user_namespaces is 0)"
			   : doctor_read_number(SYSCTL_DEBIAN_CLONE) == 0
				   ? " (kernel.unprivileged_userns_clone is 0)"
			   : doctor_read_number(SYSCTL_APPARMOR) == 1
				   ? " (kernel.apparmor_restrict_unprivileged_userns is 1)"
				   : "");
		explain_userns(place, ret);
		return;
	}
	doctor_set(ret, DOCTOR_OK, "one host uid mapped to box-root (idmap = single)",
		   "made one and mounted in it, as uid %u%s", geteuid(),
		   doctor_read_number(SYSCTL_APPARMOR) == 1
			   ? "; AppArmor restricts others and lets this program"
			   : "");
}

void doctor_check_seccomp(const struct doctor_place *place, struct doctor_result *ret)
{
	__u32 action = SECCOMP_RET_ERRNO;

	(void)place;
	if (syscall(SYS_seccomp, SECCOMP_GET_ACTION_AVAIL, 0, &action) == 0) {
		doctor_set(ret, DOCTOR_OK, NULL, "system call filters can be set");
		return;
	}
	doctor_set(ret, DOCTOR_FAIL, NULL, "no system call filters: %s", strerror(errno));
	doctor_fix(ret, "a kernel with CONFIG_SECCOMP_FILTER=y is needed");
}

void doctor_check_landlock(const struct doctor_place *place, struct doctor_result *ret)
{
	static const char weak[] = "with network = host a box reaches the host's abstract sockets";
	int abi = landlock_abi();

	(void)place;
	if (landlock_scopes()) {
		doctor_set(ret, DOCTOR_OK, "abstract sockets and signals are scoped to the box",
			   "version %d", abi);
		return;
	}
	if (abi <= 0)
		doctor_set(ret, DOCTOR_NOTE, weak, "not in this kernel, or not enabled");
	else
		doctor_set(ret, DOCTOR_NOTE, weak, "version %d is older than that of Linux 6.12",
			   abi);
	doctor_fix(ret, "use network = none, or Linux 6.12 or later with landlock in lsm=");
	doctor_fix(ret,
		   "'deny = abstract-sockets' in [policy] of sandbox.conf(5) makes it an error");
}

/* Calls that older kernels lack or a container's filter hides. */
void doctor_check_syscalls(const struct doctor_place *place, struct doctor_result *ret)
{
	struct open_how how = {.flags = O_PATH | O_CLOEXEC, .resolve = RESOLVE_IN_ROOT};
	cleanup_close int fd = (int)syscall(SYS_openat2, AT_FDCWD, "/", &how, sizeof(how));
	bool openat2_there = fd >= 0, setattr_there, clone3_there;

	(void)place;
	/*
	 * Invalid arguments: an existing call fails with EINVAL or EBADF before it does anything.
	 */
	syscall(SYS_mount_setattr, -1, "", 0, NULL, 0);
	setattr_there = errno == EINVAL || errno == EBADF;
	syscall(SYS_clone3, NULL, 0);
	clone3_there = errno == EINVAL;
	if (openat2_there && setattr_there && clone3_there) {
		doctor_set(ret, DOCTOR_OK, NULL, "openat2, mount_setattr and clone3 work");
		return;
	}
	if (setattr_there && clone3_there)
		doctor_set(ret, DOCTOR_NOTE, "paths are walked a component at a time",
			   "refused: openat2");
	else
		doctor_set(ret, DOCTOR_FAIL, NULL, "refused:%s%s%s",
			   openat2_there ? "" : " openat2", setattr_there ? "" : " mount_setattr",
			   clone3_there ? "" : " clone3");
	doctor_fix(ret, "in docker or podman: --security-opt seccomp=unconfined");
}

static int try_proc(void *arg)
{
	(void)arg;
	return mount("proc", "/proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL) < 0 ? -errno
											  : 0;
}

/* The kernel refuses a new proc if parts of the old one are covered (mount_too_revealing()). */
void doctor_check_proc(const struct doctor_place *place, struct doctor_result *ret)
{
	const char *step;
	int r = doctor_try(CLONE_NEWPID, try_proc, NULL, &step);

	(void)place;
	if (r == 0) {
		doctor_set(ret, DOCTOR_OK, NULL, "mounted one in a new pid namespace");
		return;
	}
	if (*step) {
		doctor_set(ret, DOCTOR_FAIL, NULL, "not tried: no user namespaces");
		return;
	}
	doctor_set(ret, DOCTOR_FAIL, NULL,
		   "mounting it failed: %s; parts of /proc are covered here", strerror(-r));
	doctor_fix(ret, "docker run --security-opt systempaths=unconfined ...");
	doctor_fix(ret, "podman run --security-opt unmask=ALL ...");
}

void doctor_check_nested(const struct doctor_place *place, struct doctor_result *ret)
{
	cleanup_free char *map = doctor_read_line("/proc/self/uid_map");
	struct statfs fs;
	bool mapped, container, overlay_root;

	(void)place;
	/* The first user namespace maps all 2^32 - 1 ids (user_namespaces(7)). */
	mapped = map && !ends_with(map, " 4294967295");
	container = access("/.dockerenv", F_OK) == 0 || access("/run/.containerenv", F_OK) == 0 ||
		    access("/run/systemd/container", F_OK) == 0;
	overlay_root = statfs("/", &fs) == 0 && fs.f_type == OVERLAYFS_SUPER_MAGIC;
	if (!mapped && !container && !overlay_root) {
		doctor_set(ret, DOCTOR_OK, NULL, "no, this is the host");
		return;
	}
	doctor_set(ret, DOCTOR_NOTE, NULL, "yes:%s%s%s", mapped ? " in a user namespace" : "",
		   container ? " in a container" : "", overlay_root ? " on an overlay" : "");
	if (overlay_root)
		doctor_fix(ret, "overlays nest two deep only: put XDG_DATA_HOME on a volume");
}
