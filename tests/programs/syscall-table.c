/*
 * syscall-table.c - tries system calls and prints NAME=ANSWER, one a line.
 *
 * Run inside a box and compared with tests/data/seccomp-table.txt. Every call is harmless even
 * without a filter and, if possible, such that the kernel's own answer differs from the filter's.
 * ANSWER is ok or the name of an errno.
 */
#if defined(__x86_64__)
/* Both tables of numbers: the second overrides the names of the first. */
#include <asm/unistd_32.h>
enum {
	I386_GETPID = __NR_getpid,
	I386_IOCTL = __NR_ioctl,
	I386_SOCKET = __NR_socket,
	I386_SOCKETCALL = __NR_socketcall,
	I386_KEYCTL = __NR_keyctl,
	I386_BPF = __NR_bpf,
	I386_CLONE = __NR_clone,
	I386_CLONE3 = __NR_clone3,
	I386_MOUNT = __NR_mount,
	I386_CHOWN = __NR_chown,
	I386_CHOWN32 = __NR_chown32,
	I386_SETUID32 = __NR_setuid32,
	I386_SETRESUID = __NR_setresuid,
};
#endif

#include <errno.h>
#include <fcntl.h>
#include <linux/net.h>
#include <linux/netlink.h>
#include <sched.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define NOWHERE	  "/nonexistent/file"
#define BAD	  1L	       /* a pointer to nothing */
#define BAD_TYPE  0xfL	       /* not a socket type: EINVAL from the kernel, whatever the family */
#define BAD_CLONE CLONE_THREAD /* without CLONE_SIGHAND: EINVAL from the kernel */
#define HIGH	  (1L << 32)
#define NO_ID	  4000000000L	/* not mapped in any box */
#define DEVICE	  (1L << 8 | 3) /* /dev/null, as mknod(2) has it */

/* Call number, then up to five arguments. */
struct row {
	const char *name;
	long nr;
	long args[5];
};

#define PATH(s) ((long)(s))

static const struct row rows[] = {
	/* closed in every box */
	{"kexec_load", SYS_kexec_load, {0}},
	{"init_module", SYS_init_module, {BAD}},
	{"finit_module", SYS_finit_module, {-1}},
	{"delete_module", SYS_delete_module, {BAD}},
	{"bpf", SYS_bpf, {-1}},
	{"open_by_handle_at", SYS_open_by_handle_at, {-1}},
	{"add_key", SYS_add_key, {BAD}},
	{"keyctl", SYS_keyctl, {-1}},
	{"request_key", SYS_request_key, {BAD}},
	{"userfaultfd", SYS_userfaultfd, {-1}},
	{"fanotify_init", SYS_fanotify_init, {-1}},
	{"reboot", SYS_reboot, {0}},
	{"swapon", SYS_swapon, {BAD}},
	{"swapoff", SYS_swapoff, {BAD}},
	{"acct", SYS_acct, {BAD}},
	{"quotactl", SYS_quotactl, {-1}},
	{"syslog", SYS_syslog, {-1}},
	{"settimeofday", SYS_settimeofday, {BAD}},
	{"clock_settime", SYS_clock_settime, {1000, BAD}},
	{"unknown", 1023, {0}},
	/* terminals */
	{"tiocsti", SYS_ioctl, {-1, TIOCSTI}},
	{"tiocsti-high", SYS_ioctl, {-1, TIOCSTI | HIGH}},
	{"tioclinux", SYS_ioctl, {-1, TIOCLINUX}},
	{"tioclinux-high", SYS_ioctl, {-1, TIOCLINUX | HIGH}},
	{"tiocgwinsz", SYS_ioctl, {-1, TIOCGWINSZ}},
	/* sockets */
	{"socket-unix", SYS_socket, {AF_UNIX, BAD_TYPE}},
	{"socket-inet", SYS_socket, {AF_INET, BAD_TYPE}},
	{"socket-inet6", SYS_socket, {AF_INET6, BAD_TYPE}},
	{"socket-inet-packet", SYS_socket, {AF_INET, SOCK_PACKET}},
	{"socket-alg", SYS_socket, {AF_ALG, SOCK_SEQPACKET}},
	{"socket-alg-high", SYS_socket, {AF_ALG | HIGH, SOCK_SEQPACKET}},
	{"socket-vsock", SYS_socket, {AF_VSOCK, SOCK_STREAM}},
	{"socket-packet", SYS_socket, {AF_PACKET, SOCK_RAW}},
	{"socket-bluetooth", SYS_socket, {AF_BLUETOOTH, SOCK_RAW}},
	{"socket-can", SYS_socket, {AF_CAN, SOCK_RAW}},
	{"socket-tipc", SYS_socket, {AF_TIPC, SOCK_STREAM}},
	{"socket-rds", SYS_socket, {AF_RDS, SOCK_SEQPACKET}},
	{"socket-key", SYS_socket, {AF_KEY, SOCK_RAW}},
	{"socket-xdp", SYS_socket, {AF_XDP, SOCK_RAW}},
	{"socketpair-unix", SYS_socketpair, {AF_UNIX, BAD_TYPE}},
	{"socketpair-tipc", SYS_socketpair, {AF_TIPC, SOCK_STREAM}},
	{"netlink-route", SYS_socket, {AF_NETLINK, BAD_TYPE, NETLINK_ROUTE}},
	{"netlink-sock-diag", SYS_socket, {AF_NETLINK, BAD_TYPE, NETLINK_SOCK_DIAG}},
	{"netlink-uevent", SYS_socket, {AF_NETLINK, BAD_TYPE, NETLINK_KOBJECT_UEVENT}},
	{"netlink-audit", SYS_socket, {AF_NETLINK, BAD_TYPE, NETLINK_AUDIT}},
	{"netlink-audit-high", SYS_socket, {AF_NETLINK, BAD_TYPE, NETLINK_AUDIT | HIGH}},
	{"netlink-generic", SYS_socket, {AF_NETLINK, BAD_TYPE, NETLINK_GENERIC}},
	{"netlink-xfrm", SYS_socket, {AF_NETLINK, BAD_TYPE, NETLINK_XFRM}},
	{"netlink-netfilter", SYS_socket, {AF_NETLINK, BAD_TYPE, NETLINK_NETFILTER}},
	/* namespaces and mounts */
	{"clone", SYS_clone, {BAD_CLONE}},
	{"clone-newuser", SYS_clone, {BAD_CLONE | CLONE_NEWUSER}},
	{"clone-newuser-high", SYS_clone, {BAD_CLONE | CLONE_NEWUSER | HIGH}},
	{"clone-newns", SYS_clone, {BAD_CLONE | CLONE_NEWNS}},
	{"clone-newpid", SYS_clone, {BAD_CLONE | CLONE_NEWPID}},
	{"clone-newnet", SYS_clone, {BAD_CLONE | CLONE_NEWNET}},
	{"clone-newipc", SYS_clone, {BAD_CLONE | CLONE_NEWIPC}},
	{"clone-newuts", SYS_clone, {BAD_CLONE | CLONE_NEWUTS}},
	{"clone-newcgroup", SYS_clone, {BAD_CLONE | CLONE_NEWCGROUP}},
	{"clone3", SYS_clone3, {0}},
	{"unshare-fs", SYS_unshare, {CLONE_FS}},
	{"unshare-newuser", SYS_unshare, {CLONE_NEWUSER | 1}},
	{"unshare-newtime", SYS_unshare, {0x80 | 1}},
	{"setns", SYS_setns, {-1}},
	{"mount", SYS_mount, {0}},
	{"umount2", SYS_umount2, {PATH(NOWHERE)}},
	{"open_tree", SYS_open_tree, {-1, BAD}},
	{"chroot", SYS_chroot, {PATH(NOWHERE)}},
	/* real or pretended for root */
	{"fchown", SYS_fchown, {-1, 1, 1}},
	{"fchownat", SYS_fchownat, {AT_FDCWD, PATH(NOWHERE), 1, 1}},
	{"setuid", SYS_setuid, {NO_ID}},
	{"setgid", SYS_setgid, {NO_ID}},
	{"setreuid", SYS_setreuid, {NO_ID, NO_ID}},
	{"setregid", SYS_setregid, {NO_ID, NO_ID}},
	{"setresuid", SYS_setresuid, {NO_ID, NO_ID, NO_ID}},
	{"setresgid", SYS_setresgid, {NO_ID, NO_ID, NO_ID}},
	{"setfsuid", SYS_setfsuid, {NO_ID}},
	{"setgroups", SYS_setgroups, {1, BAD}},
	{"capset", SYS_capset, {0}},
	{"mknodat-fifo", SYS_mknodat, {AT_FDCWD, PATH(NOWHERE), S_IFIFO | 0600}},
	{"mknodat-regular", SYS_mknodat, {AT_FDCWD, PATH(NOWHERE), S_IFREG | 0600}},
	{"mknodat-char", SYS_mknodat, {AT_FDCWD, PATH(NOWHERE), S_IFCHR | 0600, DEVICE}},
	{"mknodat-block", SYS_mknodat, {AT_FDCWD, PATH(NOWHERE), S_IFBLK | 0600, DEVICE}},
	{"mknodat-whiteout", SYS_mknodat, {AT_FDCWD, PATH(NOWHERE), S_IFCHR, 0}},
	/* set-id bits: removed; those in memory are not looked at */
	{"fchmodat-set-id", SYS_fchmodat, {AT_FDCWD, PATH(NOWHERE), S_ISUID | 0755}},
	{"openat-set-id", SYS_openat, {AT_FDCWD, PATH(NOWHERE), O_CREAT, S_ISGID | 0755}},
	{"openat2", 437, {AT_FDCWD, PATH(NOWHERE), BAD, 24}},
	/* by option */
	{"io_uring_setup", SYS_io_uring_setup, {0}},
	{"perf_event_open", SYS_perf_event_open, {0, 0, -1, -1, -1}},
	/* open for developers */
	{"ptrace", SYS_ptrace, {PTRACE_CONT, -1}},
	{"process_vm_readv", SYS_process_vm_readv, {-1, 0, 0, 0, 0}},
	{"pidfd_open", SYS_pidfd_open, {-1}},
	{"pidfd_getfd", SYS_pidfd_getfd, {-1}},
	{"seccomp", SYS_seccomp, {-1}},
	{"memfd_create", SYS_memfd_create, {BAD}},
	{"personality", SYS_personality, {0xffffffff}},
	{"inotify_init1", SYS_inotify_init1, {-1}},
#if defined(__x86_64__)
	{"chown", SYS_chown, {PATH(NOWHERE), 1, 1}},
	{"lchown", SYS_lchown, {PATH(NOWHERE), 1, 1}},
	{"mknod-char", SYS_mknod, {PATH(NOWHERE), S_IFCHR | 0600, DEVICE}},
	{"mknod-fifo", SYS_mknod, {PATH(NOWHERE), S_IFIFO | 0600}},
	{"iopl", SYS_iopl, {4}},
	{"ioperm", SYS_ioperm, {-1, -1, -1}},
	{"x32-getpid", 0x40000000L | SYS_getpid, {0}},
	{"x32-keyctl", 0x40000000L | SYS_keyctl, {-1}},
#endif
};

static void print(const char *name, long result)
{
	const char *answer = result < 0 && result > -4096 ? strerrorname_np((int)-result) : "ok";

	printf("%s=%s\n", name, answer ? answer : "?");
}

#if defined(__x86_64__)
/* int 0x80 in a 64-bit program uses the i386 table. Pointers are below 4 GiB or NULL. */
static long i386_call(long nr, const long args[5])
{
	long result;

	__asm__ volatile("int $0x80"
			 : "=a"(result)
			 : "a"(nr), "b"(args[0]), "c"(args[1]), "d"(args[2]), "S"(args[3]),
			   "D"(args[4])
			 : "memory", "r8", "r9", "r10", "r11");
	return (int)result;
}

static const struct row i386_rows[] = {
	{"i386-getpid", I386_GETPID, {0}},
	{"i386-tiocsti", I386_IOCTL, {-1, TIOCSTI}},
	{"i386-tioclinux", I386_IOCTL, {-1, TIOCLINUX}},
	{"i386-tiocgwinsz", I386_IOCTL, {-1, TIOCGWINSZ}},
	{"i386-socket-inet", I386_SOCKET, {AF_INET, BAD_TYPE}},
	{"i386-socket-alg", I386_SOCKET, {AF_ALG, SOCK_SEQPACKET}},
	{"i386-socketcall-socket", I386_SOCKETCALL, {SYS_SOCKET, BAD}},
	{"i386-socketcall-socketpair", I386_SOCKETCALL, {SYS_SOCKETPAIR, BAD}},
	{"i386-socketcall-bind", I386_SOCKETCALL, {SYS_BIND, BAD}},
	{"i386-keyctl", I386_KEYCTL, {-1}},
	{"i386-bpf", I386_BPF, {-1}},
	{"i386-clone-newuser", I386_CLONE, {BAD_CLONE | CLONE_NEWUSER}},
	{"i386-clone3", I386_CLONE3, {0}},
	{"i386-mount", I386_MOUNT, {0}},
	{"i386-chown", I386_CHOWN, {BAD, 1, 1}},
	{"i386-chown32", I386_CHOWN32, {BAD, 1, 1}},
	{"i386-setuid32", I386_SETUID32, {NO_ID}},
	{"i386-setresuid", I386_SETRESUID, {4000, 4000, 4000}},
	{"i386-unknown", 1023, {0}},
};
#endif

static long native_call(long nr, const long args[5])
{
	long result = syscall(nr, args[0], args[1], args[2], args[3], args[4], 0L);

	return result < 0 ? -errno : result;
}

/* In a process of its own: changing to another id is permanent. */
static void try(const struct row *row, long (*call)(long nr, const long args[5]))
{
	pid_t pid;

	fflush(stdout);
	pid = fork();
	if (pid == 0) {
		print(row->name, call(row->nr, row->args));
		fflush(stdout);
		_exit(0);
	}
	if (pid < 0 || waitpid(pid, NULL, 0) != pid)
		print(row->name, -ECHILD);
}

int main(void)
{
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		try(&rows[i], native_call);
#if defined(__x86_64__)
	for (size_t i = 0; i < sizeof(i386_rows) / sizeof(i386_rows[0]); i++)
		try(&i386_rows[i], i386_call);
#endif
	return 0;
}
