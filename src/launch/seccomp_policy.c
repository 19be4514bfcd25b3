/*
 * seccomp_policy.c - which system calls a box may make: the table, and reading it.
 *
 * Owns the policy, but not how a filter is built. It is an allow list: a call that no rule names
 * does not exist (ENOSYS), so that a libc falls back as on an older kernel; a call that is known
 * and dangerous is refused (EPERM), so that a person reads what happened. Calls that need a
 * capability which the box lacks (settimeofday as the host's root) are left to the kernel if
 * programs also use them to read.
 *
 * Names are those of all architectures together; each uses those it has. On i386 and arm a call and
 * its variant with 32-bit ids or 64-bit times are in the same rule.
 */
#include "launch/seccomp_policy.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/net.h>
#include <linux/netlink.h>
#include <linux/sched.h>
#include <linux/seccomp.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include "base/mem.h"

#define ALLOW	       SECCOMP_RET_ALLOW
#define REFUSE(errnum) (SECCOMP_RET_ERRNO | (errnum))
#define SUCCESS	       REFUSE(0)
#define ASK	       SECCOMP_RET_USER_NOTIF /* the identity supervisor answers */

#define ALL_BITS UINT32_MAX

#define EQ(n, val, ans)                                                   \
	{                                                                 \
		SECCOMP_TEST_EQ, (n), ALL_BITS, (uint32_t)(val), (ans), 0 \
	}
#define NE(n, val, ans)                                                   \
	{                                                                 \
		SECCOMP_TEST_NE, (n), ALL_BITS, (uint32_t)(val), (ans), 0 \
	}
#define MASKED(n, bits, val, ans)                                       \
	{                                                               \
		SECCOMP_TEST_EQ, (n), (bits), (uint32_t)(val), (ans), 0 \
	}
#define ANY(n, bits, ans)                                            \
	{                                                            \
		SECCOMP_TEST_ANY, (n), (uint32_t)(bits), 0, (ans), 0 \
	}
#define END                            \
	{                              \
		.op = SECCOMP_TEST_END \
	}

const uint32_t seccomp_unknown = REFUSE(ENOSYS);

/*
 * Input injection into a terminal: TIOCSTI directly, TIOCLINUX by pasting on a console
 * (CVE-2017-5226).
 */
static const struct seccomp_test ioctl_tests[] = {
	EQ(1, TIOCSTI, REFUSE(EPERM)),
	EQ(1, TIOCLINUX, REFUSE(EPERM)),
	END,
};

/*
 * Families fail as on a kernel without them, so that getaddrinfo(), libaudit and crypto libraries
 * continue without. AF_ALG, AF_VSOCK, AF_PACKET and the rest are closed: much kernel code, few
 * users. SOCK_PACKET with AF_INET is another name for AF_PACKET (net/socket.c). Open in netlink:
 * routes (getaddrinfo, ip, the JVM), socket lists (ss) and device events (libudev). Netfilter and
 * AF_PACKET are for the gateway of a nested box, whose network they are confined to.
 */
#define SOCKET_TYPE_MASK 0xf /* SOCK_TYPE_MASK of linux/net.h: without SOCK_CLOEXEC and kin */

static const struct seccomp_test socket_tests[] = {
	EQ(0, AF_UNIX, ALLOW),
	MASKED(1, SOCKET_TYPE_MASK, SOCK_PACKET, REFUSE(ESOCKTNOSUPPORT)),
	EQ(0, AF_INET, ALLOW),
	EQ(0, AF_INET6, ALLOW),
	{SECCOMP_TEST_EQ, 0, ALL_BITS, AF_PACKET, ALLOW, SECCOMP_NESTED},
	NE(0, AF_NETLINK, REFUSE(EAFNOSUPPORT)),
	EQ(2, NETLINK_ROUTE, ALLOW),
	EQ(2, NETLINK_SOCK_DIAG, ALLOW),
	EQ(2, NETLINK_KOBJECT_UEVENT, ALLOW),
	{SECCOMP_TEST_EQ, 2, ALL_BITS, NETLINK_NETFILTER, ALLOW, SECCOMP_NESTED},
	END,
};

static const struct seccomp_test peer_tests[] = {
	NE(1, SOL_SOCKET, ALLOW),
	EQ(2, SO_PEERCRED, ASK),
	END,
};

/* Only these make pairs, except TIPC. */
static const struct seccomp_test socketpair_tests[] = {
	EQ(0, AF_UNIX, ALLOW),
	END,
};

/*
 * i386 only: the arguments are in memory, where no filter can look, so socket and socketpair by
 * this call would open every family, AF_ALG too (CVE-2026-31431). The direct calls exist since
 * Linux 4.3; musl uses them, a glibc built for older kernels (Debian's) does not: its 32-bit
 * programs run, but cannot open a socket.
 */
static const struct seccomp_test socketcall_tests[] = {
	EQ(0, SYS_SOCKET, REFUSE(ENOSYS)),
	EQ(0, SYS_SOCKETPAIR, REFUSE(ENOSYS)),
	{SECCOMP_TEST_EQ, 0, ALL_BITS, SYS_LISTEN, ASK, SECCOMP_FORWARD},
	END,
};

/* Code inside has pid 1's uid and could take descriptors and memory away from it. */
static const struct seccomp_test prlimit_tests[] = {
	EQ(0, 1, REFUSE(EPERM)),
	END,
};

/* In clone(2) the low byte is the exit signal, so it cannot request CLONE_NEWTIME (0x80). */
#define CLONE_NAMESPACES                                                               \
	(CLONE_NEWNS | CLONE_NEWCGROUP | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWUSER | \
	 CLONE_NEWPID | CLONE_NEWNET)

static const struct seccomp_test clone_tests[] = {
	ANY(0, CLONE_NAMESPACES, REFUSE(EPERM)),
	END,
};

static const struct seccomp_test unshare_tests[] = {
	ANY(0, CLONE_NAMESPACES | CLONE_NEWTIME, REFUSE(EPERM)),
	END,
};

/*
 * A set-id file that a box makes in the project would be one on the host: anyone there could run it
 * as you. mkdir(2) ignores these bits anyway. An open that does not create has no mode, whatever
 * its register holds.
 */
#define SET_ID	(S_ISUID | S_ISGID)
#define CREATES (O_CREAT | (O_TMPFILE & ~O_DIRECTORY))

#define MODE_TESTS(mode)                            \
	{                                           \
		MASKED(mode, SET_ID, 0, ALLOW), END \
	}

static const struct seccomp_test mode1_tests[] = MODE_TESTS(1);
static const struct seccomp_test mode2_tests[] = MODE_TESTS(2);

static const struct seccomp_test open_tests[] = {
	MASKED(2, SET_ID, 0, ALLOW),
	MASKED(1, CREATES, 0, ALLOW),
	END,
};

static const struct seccomp_test openat_tests[] = {
	MASKED(3, SET_ID, 0, ALLOW),
	MASKED(2, CREATES, 0, ALLOW),
	END,
};

/*
 * A recorded set-id file of root may lose the bits again, if it is executable. The supervisor makes
 * a call be repeated with all file type bits set, which mean nothing here.
 */
#define ROOT_MODE_TESTS(mode)                                                                    \
	{                                                                                        \
		MASKED(mode, S_IFMT | SET_ID, S_IFMT, ALLOW), ANY(mode, SET_ID | 0111, ASK), END \
	}

/* In a build the image keeps bits that a file has without an execute bit. */
#define ALL_MODE_TESTS(mode)                                      \
	{                                                         \
		MASKED(mode, S_IFMT | SET_ID, S_IFMT, ALLOW), END \
	}

static const struct seccomp_test all_mode1_tests[] = ALL_MODE_TESTS(1);
static const struct seccomp_test all_mode2_tests[] = ALL_MODE_TESTS(2);

static const struct seccomp_test root_mode1_tests[] = ROOT_MODE_TESTS(1);
static const struct seccomp_test root_mode2_tests[] = ROOT_MODE_TESTS(2);

/*
 * Devices, as root: an empty file in place of one, or, without a supervisor, only success. A
 * character device 0/0 is an overlay whiteout, which everyone may make (Linux 5.8) and which must be
 * real. Everything else is real, too; a pipe has the owner that made it.
 */
#define MKNOD_TESTS(mode, dev)                                                             \
	{                                                                                  \
		{SECCOMP_TEST_EQ, (mode), S_IFMT, S_IFBLK, ASK, SECCOMP_IDENTITY},         \
			MASKED(mode, S_IFMT, S_IFBLK, SUCCESS),                            \
			{SECCOMP_TEST_ANY, (mode), SET_ID, 0, ASK, SECCOMP_MODES},         \
			ANY(mode, SET_ID, REFUSE(EPERM)),                                  \
			{SECCOMP_TEST_EQ, (mode), S_IFMT, S_IFIFO, ASK, SECCOMP_IDENTITY}, \
			EQ(dev, 0, ALLOW),                                                 \
			{SECCOMP_TEST_EQ, (mode), S_IFMT, S_IFCHR, ASK, SECCOMP_IDENTITY}, \
			MASKED(mode, S_IFMT, S_IFCHR, SUCCESS), END,                       \
	}

static const struct seccomp_test mknod_tests[] = MKNOD_TESTS(1, 2);
static const struct seccomp_test mknodat_tests[] = MKNOD_TESTS(2, 3);

/*
 * A notification costs as much as ten looks at a file. Not worth it: fstat of an open file; the
 * lstat() of today's glibc, which dpkg and git call thousands of times (older libcs and musl use
 * the call of that name); calls that do not concern owners. Archivers give each new file to root by
 * its descriptor.
 */
static const struct seccomp_test fchown_tests[] = {
	NE(1, 0, ASK),
	NE(2, 0, ASK),
	END,
};

static const struct seccomp_test fstatat_tests[] = {
	ANY(3, AT_EMPTY_PATH, ALLOW),
	NE(0, AT_FDCWD, ASK),
	ANY(3, AT_SYMLINK_NOFOLLOW, ALLOW),
	END,
};

static const struct seccomp_test statx_tests[] = {
	ANY(2, AT_EMPTY_PATH, ALLOW),
	ANY(3, STATX_UID | STATX_GID, ASK),
	END,
};

/* A build asks for every owner, so that each file of the image gets its own. */
static const struct seccomp_test all_statx_tests[] = {
	ANY(3, STATX_UID | STATX_GID | STATX_MODE, ASK),
	END,
};

static const struct seccomp_test creating_open_tests[] = {
	ANY(1, CREATES, ASK),
	END,
};

static const struct seccomp_test creating_openat_tests[] = {
	ANY(2, CREATES, ASK),
	END,
};

const struct seccomp_rule seccomp_rules[] = {
	/* files and directories; chroot needs CAP_SYS_CHROOT, and reaches only the box */
	{"close close_range read readv pread64 preadv preadv2 "
	 "write writev pwrite64 pwritev pwritev2 lseek _llseek truncate truncate64 ftruncate "
	 "ftruncate64 fallocate fadvise64 fadvise64_64 arm_fadvise64_64 readahead sync "
	 "syncfs fsync fdatasync sync_file_range arm_sync_file_range copy_file_range "
	 "sendfile sendfile64 splice tee vmsplice dup dup2 dup3 fcntl fcntl64 flock pipe "
	 "pipe2",
	 .answer = ALLOW},
	{"stat stat64 fstat fstat64 lstat lstat64 newfstatat fstatat64 statx oldstat "
	 "oldfstat oldlstat statfs statfs64 fstatfs fstatfs64 access faccessat faccessat2 "
	 "readlink readlinkat getdents getdents64 readdir getcwd chdir fchdir chroot umask "
	 "name_to_handle_at",
	 .answer = ALLOW},
	{"mkdir mkdirat rmdir link linkat symlink symlinkat unlink unlinkat rename renameat "
	 "renameat2 chown chown32 fchown fchown32 lchown "
	 "lchown32 fchownat utime utimes utimensat utimensat_time64 futimesat getxattr "
	 "lgetxattr fgetxattr setxattr lsetxattr fsetxattr listxattr llistxattr flistxattr "
	 "removexattr lremovexattr fremovexattr",
	 .answer = ALLOW},
	{"cachestat statmount listmount getxattrat setxattrat listxattrat "
	 "removexattrat file_getattr file_setattr",
	 .answer = ALLOW, .recent = true},

	/*
	 * Modes. openat2 has its mode in memory, where no filter can look and which can change
	 * before the kernel reads it: libcs and programs that know openat2 fall back to openat.
	 */
	{"creat chmod fchmod mknod", .answer = REFUSE(EPERM), .tests = mode1_tests},
	{"fchmodat mknodat", .answer = REFUSE(EPERM), .tests = mode2_tests},
	{"fchmodat2", .answer = REFUSE(EPERM), .tests = mode2_tests, .recent = true},
	{"open", .answer = REFUSE(EPERM), .tests = open_tests},
	{"openat", .answer = REFUSE(EPERM), .tests = openat_tests},
	{"openat2", .answer = REFUSE(ENOSYS)},
	/* a sandbox inside answers for its own boxes, and only one can */
	{"open openat openat2 creat chmod fchmod fchmodat mknod mknodat", .answer = ALLOW,
	 .when = SECCOMP_NESTED},
	{"fchmodat2", .answer = ALLOW, .when = SECCOMP_NESTED, .recent = true},
	{"creat chmod fchmod mknod", .answer = ASK, .when = SECCOMP_MODES, .tests = mode1_tests},
	{"fchmodat mknodat", .answer = ASK, .when = SECCOMP_MODES, .tests = mode2_tests},
	{"fchmodat2", .answer = ASK, .when = SECCOMP_MODES, .tests = mode2_tests, .recent = true},
	{"open", .answer = ASK, .when = SECCOMP_MODES, .tests = open_tests},
	{"openat", .answer = ASK, .when = SECCOMP_MODES, .tests = openat_tests},

	{"inotify_init inotify_init1 inotify_add_watch inotify_rm_watch fanotify_mark "
	 "io_setup io_destroy io_submit io_cancel io_getevents io_pgetevents "
	 "io_pgetevents_time64 eventfd eventfd2 signalfd signalfd4 epoll_create "
	 "epoll_create1 epoll_ctl epoll_wait epoll_pwait epoll_pwait2 poll ppoll "
	 "ppoll_time64 select _newselect pselect6 pselect6_time64",
	 .answer = ALLOW},
	{"ioctl", .answer = ALLOW, .tests = ioctl_tests},

	/* memory */
	{"brk mmap mmap2 munmap mremap mprotect madvise process_madvise process_mrelease "
	 "msync mincore mlock mlock2 mlockall munlock munlockall remap_file_pages membarrier "
	 "memfd_create memfd_secret pkey_alloc pkey_free pkey_mprotect mbind get_mempolicy "
	 "set_mempolicy set_mempolicy_home_node migrate_pages move_pages",
	 .answer = ALLOW},
	{"mseal map_shadow_stack", .answer = ALLOW, .recent = true},

	/* processes and threads; a tracer inserts uretprobe and uprobe (perf, bpftrace) */
	{"fork vfork execve execveat exit exit_group wait4 waitid waitpid kill tkill tgkill "
	 "getpid getppid gettid getpgid getpgrp setpgid getsid setsid set_tid_address "
	 "set_thread_area get_thread_area set_tls get_tls arch_prctl modify_ldt personality "
	 "prctl futex futex_time64 futex_waitv get_robust_list set_robust_list rseq "
	 "restart_syscall breakpoint cacheflush usr26 usr32",
	 .answer = ALLOW},
	{"futex_wake futex_wait futex_requeue uretprobe uprobe", .answer = ALLOW, .recent = true},
	{"clone", .answer = ALLOW, .tests = clone_tests},
	{"unshare", .answer = ALLOW, .tests = unshare_tests},
	{"ptrace process_vm_readv process_vm_writev kcmp pidfd_open pidfd_getfd "
	 "pidfd_send_signal seccomp landlock_create_ruleset landlock_add_rule "
	 "landlock_restrict_self",
	 .answer = ALLOW},
	{"lsm_get_self_attr lsm_set_self_attr lsm_list_modules", .answer = ALLOW, .recent = true},
	{"signal sigaction sigprocmask sigpending sigsuspend sigreturn sgetmask ssetmask "
	 "sigaltstack rt_sigaction rt_sigprocmask rt_sigpending rt_sigsuspend rt_sigreturn "
	 "rt_sigtimedwait rt_sigtimedwait_time64 rt_sigqueueinfo rt_tgsigqueueinfo pause",
	 .answer = ALLOW},
	{"sched_yield sched_getaffinity sched_setaffinity sched_getparam sched_setparam "
	 "sched_getscheduler sched_setscheduler sched_getattr sched_setattr "
	 "sched_get_priority_max sched_get_priority_min sched_rr_get_interval "
	 "sched_rr_get_interval_time64 getcpu nice getpriority setpriority ioprio_get "
	 "ioprio_set getrlimit ugetrlimit setrlimit getrusage times",
	 .answer = ALLOW},
	{"prlimit64", .answer = ALLOW, .tests = prlimit_tests},

	/* ids; setfsuid and setfsgid return the current id, so they stay real for root too */
	{"getuid getuid32 geteuid geteuid32 getgid getgid32 getegid getegid32 getresuid "
	 "getresuid32 getresgid getresgid32 getgroups getgroups32 setuid setuid32 setgid "
	 "setgid32 setreuid setreuid32 setregid setregid32 setresuid setresuid32 setresgid "
	 "setresgid32 setfsuid setfsuid32 setfsgid setfsgid32 setgroups setgroups32 capget "
	 "capset",
	 .answer = ALLOW},

	/* clocks and the machine; adjtimex and clock_adjtime read, the kernel refuses to set */
	{"time gettimeofday clock_gettime clock_gettime64 clock_getres clock_getres_time64 "
	 "clock_nanosleep clock_nanosleep_time64 nanosleep alarm getitimer setitimer "
	 "adjtimex clock_adjtime clock_adjtime64 timer_create timer_delete timer_getoverrun "
	 "timer_gettime timer_gettime64 timer_settime timer_settime64 timerfd_create "
	 "timerfd_gettime timerfd_gettime64 timerfd_settime timerfd_settime64",
	 .answer = ALLOW},
	{"uname olduname oldolduname sysinfo getrandom sethostname setdomainname", .answer = ALLOW},

	/* System V and POSIX queues, in the box's own ipc namespace */
	{"ipc shmget shmat shmdt shmctl semget semop semtimedop semtimedop_time64 semctl "
	 "msgget msgsnd msgrcv msgctl mq_open mq_unlink mq_notify mq_getsetattr mq_timedsend "
	 "mq_timedsend_time64 mq_timedreceive mq_timedreceive_time64",
	 .answer = ALLOW},

	/* sockets */
	{"bind listen accept accept4 connect shutdown getsockname getpeername getsockopt "
	 "setsockopt send sendto sendmsg sendmmsg recv recvfrom recvmsg recvmmsg "
	 "recvmmsg_time64",
	 .answer = ALLOW},
	{"listen", .answer = ASK, .when = SECCOMP_FORWARD},
	{"socket", .answer = REFUSE(EPROTONOSUPPORT), .tests = socket_tests},
	{"socketpair", .answer = REFUSE(EAFNOSUPPORT), .tests = socketpair_tests},
	{"socketcall", .answer = ALLOW, .tests = socketcall_tests},

	{"getsockopt", .answer = ALLOW, .when = SECCOMP_IDENTITY, .tests = peer_tests},

	/*
	 * Closed in every box: the kernel itself, the machine, and what has no namespace. fanotify
	 * groups are limited per user, and few programs use them without privilege; docker closes
	 * it too.
	 */
	{"kexec_load kexec_file_load init_module finit_module delete_module bpf "
	 "open_by_handle_at add_key keyctl request_key userfaultfd reboot swapon swapoff "
	 "acct quotactl quotactl_fd syslog vhangup iopl ioperm settimeofday stime "
	 "clock_settime clock_settime64 lookup_dcookie nfsservctl fanotify_init",
	 .answer = REFUSE(EPERM)},

	/* closed unless nested; clone3 has its flags in memory, and a libc falls back to clone */
	{"mount umount umount2 pivot_root move_mount open_tree fsopen fsconfig fsmount "
	 "fspick mount_setattr setns",
	 .answer = REFUSE(EPERM)},
	{"open_tree_attr", .answer = REFUSE(EPERM), .recent = true},
	{"clone3", .answer = REFUSE(ENOSYS)},
	/* only one such call is allowed: that of a process being switched (identity_switch.c) */
	{"setns", .answer = ASK, .when = SECCOMP_IDENTITY},
	{"mount umount umount2 pivot_root move_mount open_tree fsopen fsconfig fsmount "
	 "fspick mount_setattr setns clone unshare clone3",
	 .answer = ALLOW, .when = SECCOMP_NESTED},
	{"open_tree_attr", .answer = ALLOW, .when = SECCOMP_NESTED, .recent = true},

	/* optional; EPERM is what kernel.io_uring_disabled and perf_event_paranoid lead to */
	{"io_uring_setup io_uring_enter io_uring_register perf_event_open",
	 .answer = REFUSE(EPERM)},
	{"io_uring_setup io_uring_enter io_uring_register", .answer = ALLOW,
	 .when = SECCOMP_IO_URING},
	{"perf_event_open", .answer = ALLOW, .when = SECCOMP_PERF},

	/*
	 * Root of a box with one id: owners of files and devices would need more ids, so these
	 * report success. The supervisor records owners and switches processes to other ids.
	 * Without it the kernel handles set*id and refuses every id but root's: a program must not
	 * go on as root without knowing.
	 */
	{"chown chown32 fchown fchown32 lchown lchown32 fchownat setgroups setgroups32 capset",
	 .answer = SUCCESS, .when = SECCOMP_ROOT},
	{"setuid setuid32 setgid setgid32 setreuid setreuid32 setregid setregid32 setresuid "
	 "setresuid32 setresgid setresgid32 setgroups setgroups32 getgroups getgroups32 capset",
	 .answer = ASK, .when = SECCOMP_IDENTITY},
	{"rename renameat renameat2", .answer = ASK, .when = SECCOMP_RENAMES},
	{"chown chown32 lchown lchown32 fchownat", .answer = ASK,
	 .when = SECCOMP_ROOT | SECCOMP_IDENTITY},
	{"fchown fchown32", .answer = SUCCESS, .when = SECCOMP_ROOT | SECCOMP_IDENTITY,
	 .tests = fchown_tests},
	{"stat lstat", .answer = ASK, .when = SECCOMP_IDENTITY},
	{"newfstatat", .answer = ASK, .when = SECCOMP_IDENTITY, .tests = fstatat_tests},
	{"statx", .answer = ALLOW, .when = SECCOMP_IDENTITY, .tests = statx_tests},
	{"chmod fchmod", .answer = ALLOW, .when = SECCOMP_ROOT | SECCOMP_IDENTITY,
	 .tests = root_mode1_tests},
	{"fchmodat", .answer = ALLOW, .when = SECCOMP_ROOT | SECCOMP_IDENTITY,
	 .tests = root_mode2_tests},
	{"fchmodat2", .answer = ALLOW, .when = SECCOMP_ROOT | SECCOMP_IDENTITY,
	 .tests = root_mode2_tests, .recent = true},
	{"mknod", .answer = ALLOW, .when = SECCOMP_ROOT, .tests = mknod_tests},
	{"mknodat", .answer = ALLOW, .when = SECCOMP_ROOT, .tests = mknodat_tests},

	/* what a user that root switched to makes is that user's */
	{"mkdir mkdirat symlink symlinkat creat", .answer = ASK,
	 .when = SECCOMP_ROOT | SECCOMP_IDENTITY},
	{"open", .answer = ALLOW, .when = SECCOMP_ROOT | SECCOMP_IDENTITY,
	 .tests = creating_open_tests},
	{"openat", .answer = ALLOW, .when = SECCOMP_ROOT | SECCOMP_IDENTITY,
	 .tests = creating_openat_tests},

	/* whoever makes a file, and whoever asks for its owner */
	{"stat lstat fstat newfstatat fchown fchown32", .answer = ASK, .when = SECCOMP_OWNERS},
	{"statx", .answer = ALLOW, .when = SECCOMP_OWNERS, .tests = all_statx_tests},
	/* the time of a symlink may be its owner; that of a file tells whether capabilities hold */
	{"utime utimes futimesat utimensat", .answer = ASK, .when = SECCOMP_OWNERS},
	{"listxattr llistxattr flistxattr getxattr lgetxattr fgetxattr setxattr lsetxattr "
	 "fsetxattr removexattr lremovexattr fremovexattr",
	 .answer = ASK, .when = SECCOMP_OWNERS},
	/* nobody needs these, and they would show what the others hide */
	{"getxattrat setxattrat listxattrat removexattrat", .answer = REFUSE(ENOSYS),
	 .when = SECCOMP_OWNERS, .recent = true},
	{"chmod fchmod", .answer = ASK, .when = SECCOMP_OWNERS, .tests = all_mode1_tests},
	{"fchmodat", .answer = ASK, .when = SECCOMP_OWNERS, .tests = all_mode2_tests},
	{"fchmodat2", .answer = ASK, .when = SECCOMP_OWNERS, .tests = all_mode2_tests,
	 .recent = true},
	{"mkdir mkdirat symlink symlinkat mknod mknodat creat", .answer = ASK,
	 .when = SECCOMP_OWNERS},
	{"open", .answer = ALLOW, .when = SECCOMP_OWNERS, .tests = creating_open_tests},
	{"openat", .answer = ALLOW, .when = SECCOMP_OWNERS, .tests = creating_openat_tests},
};

const size_t seccomp_rules_n = ARRAY_SIZE(seccomp_rules);

bool seccomp_policy_is_variant(unsigned int flags)
{
	unsigned int asking = flags & SECCOMP_ASKING;

	if (flags & SECCOMP_FORWARD && (flags & SECCOMP_NESTED || !(asking & SECCOMP_MODES)))
		return false;
	if (flags & SECCOMP_OWNERS &&
	    (asking != SECCOMP_ASKING || flags & (SECCOMP_NESTED | SECCOMP_FORWARD)))
		return false;
	return !asking || asking == SECCOMP_ASKING ||
	       (!(flags & SECCOMP_ROOT) && asking & SECCOMP_MODES && !(asking & SECCOMP_IDENTITY));
}

static bool names(const char *calls, const char *name)
{
	size_t len = strlen(name);

	while (*calls) {
		size_t word = strcspn(calls, " ");

		if (word == len && memcmp(calls, name, len) == 0)
			return true;
		calls += word;
		calls += strspn(calls, " ");
	}
	return false;
}

const struct seccomp_rule *seccomp_policy_rule(unsigned int flags, const char *name)
{
	for (size_t i = seccomp_rules_n; i-- > 0;) {
		const struct seccomp_rule *rule = &seccomp_rules[i];

		if ((rule->when & flags) == rule->when && names(rule->calls, name))
			return rule;
	}
	return NULL;
}

static bool matches(const struct seccomp_test *test, const uint64_t args[6])
{
	uint32_t bits = (uint32_t)args[test->arg] & test->mask;

	switch (test->op) {
	case SECCOMP_TEST_EQ:
		return bits == test->value;
	case SECCOMP_TEST_NE:
		return bits != test->value;
	default:
		return bits != 0;
	}
}

uint32_t seccomp_policy_answer(const struct seccomp_rule *rule, unsigned int flags,
			       const uint64_t args[6])
{
	if (!rule)
		return seccomp_unknown;
	for (const struct seccomp_test *test = rule->tests; test && test->op; test++)
		if ((test->when & flags) == test->when && matches(test, args))
			return test->answer;
	return rule->answer;
}
