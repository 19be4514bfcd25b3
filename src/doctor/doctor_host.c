/*
 * doctor_host.c - what the administrator configured: ids, cgroups, devices, ptrace.
 *
 * Nothing here prevents a box from starting; every result but ok is a note.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/path.h"
#include "base/proc.h"
#include "doctor/doctor_probe.h"

void doctor_check_root(const struct doctor_place *place, struct doctor_result *ret)
{
	(void)place;
	if (geteuid() != 0) {
		doctor_set(ret, DOCTOR_OK, NULL, "uid %u", geteuid());
		return;
	}
	doctor_set(ret, DOCTOR_NOTE,
		   "/proc/sys, /proc/sysrq-trigger and /sys are read-only in boxes",
		   "you are root: box-root is the host's root when it breaks out");
	doctor_fix(ret, "use sandbox as an ordinary user");
}

/* Does the file grant the user a range: NAME-or-UID:FIRST:COUNT (subuid(5))? */
static bool has_range(const char *path, const struct user *user)
{
	cleanup_fclose FILE *f = fopen(path, "re");
	cleanup_free char *line = NULL;
	char uid[16];
	size_t size = 0;

	snprintf(uid, sizeof(uid), "%u", user->uid);
	while (f && getline(&line, &size, f) >= 0) {
		size_t len = strcspn(line, ":");

		if (!line[len])
			continue;
		line[len] = '\0';
		if (streq(line, user->name) || streq(line, uid))
			return true;
	}
	return false;
}

static bool in_path(const char *program)
{
	const char *path = getenv("PATH");
	cleanup_free char *dirs = xstrdup(path ? path : "/usr/bin:/bin");
	char *at = NULL;

	for (char *dir = strtok_r(dirs, ":", &at); dir; dir = strtok_r(NULL, ":", &at)) {
		cleanup_free char *file = path_join(dir, program);

		if (access(file, X_OK) == 0)
			return true;
	}
	return false;
}

void doctor_check_subid(const struct doctor_place *place, struct doctor_result *ret)
{
	cleanup_user struct user user = {0};
	bool uids, gids, helper;

	(void)place;
	user_self(&user);
	uids = has_range("/etc/subuid", &user);
	gids = has_range("/etc/subgid", &user);
	helper = in_path("newuidmap") && in_path("newgidmap");
	if (uids && gids && helper) {
		doctor_set(ret, DOCTOR_OK, "not needed: one id is enough (idmap = single)",
			   "ranges and newuidmap are there");
		return;
	}
	doctor_set(ret, DOCTOR_NOTE, "not needed: one id is enough (idmap = single)",
		   "missing:%s%s%s", uids ? "" : " a range in /etc/subuid;",
		   gids ? "" : " a range in /etc/subgid;",
		   helper ? "" : " newuidmap and newgidmap");
	if (!helper)
		doctor_fix(ret, "sudo apt install uidmap");
	if (!uids || !gids)
		doctor_fix(ret,
			   "sudo usermod --add-subuids 100000-165535 "
			   "--add-subgids 100000-165535 %s",
			   user.name);
}

/* The cgroup v2 directory of this process, or NULL. The caller frees it. */
static char *own_cgroup(void)
{
	cleanup_fclose FILE *f = NULL;
	cleanup_free char *line = NULL;
	struct statfs fs;
	size_t size = 0;

	if (statfs("/sys/fs/cgroup", &fs) == 0 && fs.f_type == CGROUP2_SUPER_MAGIC)
		f = fopen("/proc/self/cgroup", "re");
	while (f && getline(&line, &size, f) >= 0) {
		line[strcspn(line, "\n")] = '\0';
		if (starts_with(line, "0::"))
			return xasprintf("/sys/fs/cgroup%s", streq(line + 3, "/") ? "" : line + 3);
	}
	return NULL;
}

/* May we make cgroups in it and move ourselves to them? */
static bool cgroup_writable(const char *dir)
{
	cleanup_free char *procs = path_join(dir, "cgroup.procs");

	return access(dir, W_OK) == 0 && access(procs, W_OK) == 0;
}

void doctor_check_cgroup(const struct doctor_place *place, struct doctor_result *ret)
{
	static const char rung[] = "boxes without limits; [limits] is not implemented yet";
	cleanup_free char *own = own_cgroup();
	cleanup_free char *manager = xasprintf(
		"/sys/fs/cgroup/user.slice/user-%u.slice/user@%u.service", geteuid(), geteuid());
	const char *dir = own && cgroup_writable(own) ? own
			  : cgroup_writable(manager)  ? manager
						      : NULL;
	cleanup_free char *file = NULL, *controllers = NULL;

	(void)place;
	if (!own) {
		doctor_set(ret, DOCTOR_NOTE, rung, "no cgroup v2 at /sys/fs/cgroup");
		doctor_fix(ret, "start the machine with systemd.unified_cgroup_hierarchy=1");
		return;
	}
	if (dir) {
		file = path_join(dir, "cgroup.controllers");
		controllers = doctor_read_line(file);
	}
	if (controllers && strstr(controllers, "memory") && strstr(controllers, "pids") &&
	    strstr(controllers, "cpu")) {
		doctor_set(ret, DOCTOR_OK, NULL, "'%s' is yours: %s", dir, controllers);
		return;
	}
	if (dir)
		doctor_set(ret, DOCTOR_NOTE, rung, "'%s' is yours, with the controllers: %s", dir,
			   controllers && *controllers ? controllers : "none");
	else
		doctor_set(ret, DOCTOR_NOTE, rung, "'%s' is not yours to divide", own);
	if (access("/run/systemd/system", F_OK) == 0) {
		doctor_fix(ret, "sudo mkdir -p /etc/systemd/system/user@.service.d");
		doctor_fix(ret,
			   "printf '[Service]\\nDelegate=cpu cpuset io memory pids\\n' | sudo tee "
			   "/etc/systemd/system/user@.service.d/delegate.conf");
		doctor_fix(ret, "sudo systemctl daemon-reload, then log in again");
	} else {
		doctor_fix(ret,
			   "without systemd, root makes a cgroup and gives it to you: "
			   "sudo mkdir /sys/fs/cgroup/%u && sudo chown -R %u /sys/fs/cgroup/%u",
			   geteuid(), geteuid(), geteuid());
	}
}

void doctor_check_ptrace(const struct doctor_place *place, struct doctor_result *ret)
{
	static const char path[] = "/proc/sys/kernel/yama/ptrace_scope";
	long scope = doctor_read_number(path);

	(void)place;
	if (scope <= 1) {
		doctor_set(ret, DOCTOR_OK, NULL, "gdb and strace can start programs%s",
			   scope == 1 ? "; gdb -p works as box-root only (ptrace_scope is 1)"
				      : " and attach to them");
		return;
	}
	doctor_set(ret, DOCTOR_NOTE, NULL, "kernel.yama.ptrace_scope is %ld: %s", scope,
		   scope == 2 ? "debuggers work as box-root only" : "no debugger works");
	doctor_fix(ret, scope == 2 ? "sudo sysctl -w kernel.yama.ptrace_scope=1"
				   : "set kernel.yama.ptrace_scope=1 and start the machine again");
}

static void check_device(const char *path, const char *what, const char *module,
			 struct doctor_result *ret)
{
	cleanup_close int fd = open(path, O_RDWR | O_CLOEXEC | O_NONBLOCK);

	if (fd >= 0) {
		doctor_set(ret, DOCTOR_OK, NULL, "can be opened");
		return;
	}
	doctor_set(ret, DOCTOR_NOTE, what, "%s", strerror(errno));
	if (errno == EACCES)
		doctor_fix(ret, "sudo chmod 0666 %s", path);
	else
		doctor_fix(ret, "sudo modprobe %s", module);
}

void doctor_check_tun(const struct doctor_place *place, struct doctor_result *ret)
{
	(void)place;
	check_device("/dev/net/tun", "needed by network = pasta only", "tun", ret);
}

void doctor_check_fuse(const struct doctor_place *place, struct doctor_result *ret)
{
	(void)place;
	check_device("/dev/fuse", "needed by programs in a box that mount FUSE only", "fuse", ret);
}
