/*
 * floor.c - the floor of bench/start: what a box costs if only the kernel's part is done.
 *
 *	floor [--no-net] ROOTFS CMD [ARG...]
 *
 * All namespaces in one clone3(2), a single-uid map, an overlay over ROOTFS with its upper on a
 * tmpfs, proc, a minimal /dev with its own devpts, a tmpfs /tmp, pivot_root(2), execve(2); the
 * parent waits and returns the exit status. No pid 1 besides the command, no seccomp, no dropped
 * capabilities, no configuration: it is a reference for timing, not a sandbox.
 *
 * --no-net makes no network namespace. Any failure ends it with one line and status 125.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/sched.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static _Noreturn void die(const char *what)
{
	fprintf(stderr, "floor: %s: %s\n", what, strerror(errno));
	_exit(125);
}

static void put(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);

	if (fd < 0 || write(fd, text, strlen(text)) != (ssize_t)strlen(text))
		die(path);
	close(fd);
}

static void do_mount(const char *type, const char *target, unsigned long flags, const char *data)
{
	if (mount(type, target, type, flags, data) < 0)
		die(target);
}

/* A process may map its own uid and gid, once setgroups(2) is given up: user_namespaces(7). */
static void map_ids(uid_t uid, gid_t gid)
{
	char line[64];

	put("/proc/self/setgroups", "deny");
	snprintf(line, sizeof(line), "0 %u 1", gid);
	put("/proc/self/gid_map", line);
	snprintf(line, sizeof(line), "0 %u 1", uid);
	put("/proc/self/uid_map", line);
}

/* Leaves the new root as the working directory: /tmp/root, on a tmpfs over the host's /tmp. */
static void mount_root(const char *rootfs)
{
	char data[4096 + 64];

	do_mount("tmpfs", "/tmp", MS_NOSUID | MS_NODEV, "mode=0755");
	if (mkdir("/tmp/upper", 0755) < 0 || mkdir("/tmp/work", 0755) < 0 ||
	    mkdir("/tmp/root", 0755) < 0)
		die("mkdir");
	snprintf(data, sizeof(data), "lowerdir=%s,upperdir=/tmp/upper,workdir=/tmp/work,userxattr",
		 rootfs);
	do_mount("overlay", "/tmp/root", 0, data);
	if (chdir("/tmp/root") < 0)
		die("chdir");
}

static void mount_dev(void)
{
	static const char *const nodes[] = {"null", "zero", "full", "random", "urandom", "tty"};
	char from[32], to[32];

	do_mount("tmpfs", "dev", MS_NOSUID | MS_STRICTATIME, "mode=0755,size=64k");
	for (size_t i = 0; i < sizeof(nodes) / sizeof(nodes[0]); i++) {
		int fd;

		snprintf(from, sizeof(from), "/dev/%s", nodes[i]);
		snprintf(to, sizeof(to), "dev/%s", nodes[i]);
		fd = open(to, O_CREAT | O_WRONLY | O_CLOEXEC, 0666);
		if (fd < 0 || mount(from, to, NULL, MS_BIND, NULL) < 0)
			die(to);
		close(fd);
	}
	if (mkdir("dev/pts", 0755) < 0 || mkdir("dev/shm", 01777) < 0 ||
	    symlink("pts/ptmx", "dev/ptmx") < 0 || symlink("/proc/self/fd", "dev/fd") < 0 ||
	    symlink("/proc/self/fd/0", "dev/stdin") < 0 ||
	    symlink("/proc/self/fd/1", "dev/stdout") < 0 ||
	    symlink("/proc/self/fd/2", "dev/stderr") < 0)
		die("dev");
	do_mount("devpts", "dev/pts", MS_NOSUID | MS_NOEXEC, "newinstance,ptmxmode=0666,mode=0620");
}

static _Noreturn void child(const char *rootfs, char **argv, uid_t uid, gid_t gid)
{
	map_ids(uid, gid);
	mount_root(rootfs);
	do_mount("proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL);
	mount_dev();
	do_mount("tmpfs", "tmp", MS_NOSUID | MS_NODEV, "mode=1777");
	if (syscall(SYS_pivot_root, ".", ".") < 0 || umount2(".", MNT_DETACH) < 0 || chdir("/") < 0)
		die("pivot_root");
	execv(argv[0], argv);
	die(argv[0]);
}

int main(int argc, char **argv)
{
	struct clone_args args = {
		.flags = CLONE_NEWUSER | CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWIPC | CLONE_NEWUTS |
			 CLONE_NEWCGROUP | CLONE_NEWNET,
		.exit_signal = SIGCHLD,
	};
	uid_t uid = geteuid();
	gid_t gid = getegid();
	int status;
	pid_t pid;

	if (argc > 1 && strcmp(argv[1], "--no-net") == 0) {
		args.flags &= ~(uint64_t)CLONE_NEWNET;
		argv++;
		argc--;
	}
	if (argc < 3) {
		fprintf(stderr, "usage: floor [--no-net] ROOTFS CMD [ARG...]\n");
		return 125;
	}
	pid = (pid_t)syscall(SYS_clone3, &args, sizeof(args));
	if (pid < 0)
		die("clone3");
	if (pid == 0)
		child(argv[1], argv + 2, uid, gid);
	if (waitpid(pid, &status, 0) < 0)
		die("waitpid");
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}
