/*
 * lockdown.c - what the gateway gives up before it reads a byte of the box.
 *
 * It fails closed: a call that is not in the list ends the process, the box's network stops, and
 * the parent starts another gateway. Landlock is taken as far as the kernel has it, since the
 * filter already refuses each call that names a file.
 */
#include "gateway/lockdown.h"

#include <errno.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/landlock.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/capability.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/mem.h"

/* Each architecture has a line, without which this does not compile. */
#if defined(__x86_64__)
#define ARCH AUDIT_ARCH_X86_64
#elif defined(__aarch64__)
#define ARCH AUDIT_ARCH_AARCH64
#elif defined(__riscv) && __riscv_xlen == 64
#define ARCH AUDIT_ARCH_RISCV64
#elif defined(__powerpc64__) && __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
#define ARCH AUDIT_ARCH_PPC64LE
#elif defined(__s390x__)
#define ARCH AUDIT_ARCH_S390X
#endif

/* From include/uapi/linux/landlock.h of Linux 6.12; Debian 12's headers are older. */
#define SCOPES	   3u /* abstract sockets, signals */
#define SCOPES_ABI 6
/* Each right of a version has the next bit: 13 in the first, then one each in 2, 3 and 5. */
#define RIGHTS_OF_ABI(abi) ((UINT64_C(1) << ((abi) >= 5 ? 16 : (abi) >= 3 ? 15 : (abi) + 12)) - 1)

struct ruleset_attr {
	uint64_t handled_access_fs, handled_access_net, scoped;
};

/* What carrying traffic takes; then memory, time, and ending. Each has another number. */
static const int allowed[] = {
	SYS_splice,	   SYS_epoll_pwait,
#ifdef SYS_epoll_wait
	SYS_epoll_wait,
#endif
	SYS_recvmsg,	   SYS_sendmsg,	       SYS_recvfrom,
	SYS_recvmmsg,	   SYS_sendto,	       SYS_read,
	SYS_write,	   SYS_accept4,	       SYS_connect,
	SYS_bind,	   SYS_epoll_ctl,      SYS_setsockopt,
	SYS_getsockopt,	   SYS_getsockname,    SYS_shutdown,
	SYS_close,	   SYS_pipe2,	       SYS_fcntl, /* the size of a pipe */
	SYS_pwrite64,	   SYS_ftruncate,		  /* refusals.c */
	SYS_ppoll,
#ifdef SYS_poll
	SYS_poll,
#endif
	SYS_clock_gettime, SYS_futex,	       SYS_brk,
	SYS_mmap,	   SYS_munmap,	       SYS_mremap,
	SYS_madvise,	   SYS_getrandom,      SYS_restart_syscall,
	SYS_rt_sigreturn,  SYS_rt_sigprocmask, SYS_exit,
	SYS_exit_group,
};

#define LOAD(field) \
	BPF_STMT(BPF_LD | BPF_W | BPF_ABS, (uint32_t)offsetof(struct seccomp_data, field))
#define RETURN(action)	  BPF_STMT(BPF_RET | BPF_K, action)
#define SKIP_UNLESS(v, n) BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, v, 0, n)
#define SKIP_IF(v, n)	  BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, v, n, 0)
#define SEARCH_SIZE(n)	  (2 * (n)-1) /* of what add_search() adds */

/*
 * Arguments are in the host's byte order, and what matters of them is an int: the low half. On
 * x86-64 the numbers of x32 are above all of ours, and so not in the list.
 */
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
#define LOAD_ARGUMENT(n) LOAD(args[n])
#else
#define LOAD_ARGUMENT(n)                   \
	BPF_STMT(BPF_LD | BPF_W | BPF_ABS, \
		 (uint32_t)(offsetof(struct seccomp_data, args[n]) + sizeof(uint32_t)))
#endif

static const struct sock_filter head[] = {
	LOAD(arch),
	SKIP_IF(ARCH, 1),
	RETURN(SECCOMP_RET_KILL_PROCESS),
	LOAD(nr),
	/* A socket: of the Internet only, and neither raw nor anything that names a file. */
	SKIP_UNLESS(SYS_socket, 9),
	LOAD_ARGUMENT(0),
	SKIP_IF(AF_INET, 1),
	SKIP_UNLESS(AF_INET6, 5),
	LOAD_ARGUMENT(1),
	BPF_STMT(BPF_ALU | BPF_AND | BPF_K, 0xf), /* without SOCK_CLOEXEC and SOCK_NONBLOCK */
	SKIP_IF(SOCK_STREAM, 1),
	SKIP_UNLESS(SOCK_DGRAM, 1),
	RETURN(SECCOMP_RET_ALLOW),
	RETURN(SECCOMP_RET_KILL_PROCESS),
};

static int take_landlock(struct err *e)
{
	long abi = syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);
	struct ruleset_attr attr = {0};
	cleanup_close int fd = -1;

	if (abi < 1)
		return 0;
	attr.handled_access_fs = RIGHTS_OF_ABI(abi);
	attr.scoped = abi >= SCOPES_ABI ? SCOPES : 0;
	/* Older kernels know a prefix of the structure. */
	fd = (int)syscall(SYS_landlock_create_ruleset, &attr,
			  abi >= SCOPES_ABI ? sizeof(attr) : sizeof(attr.handled_access_fs), 0);
	if (fd < 0 || syscall(SYS_landlock_restrict_self, fd, 0) < 0)
		return err_sys(e, errno, "cannot take the gateway's Landlock domain");
	return 0;
}

int lockdown_thread(bool raw, struct err *e)
{
	const cap_value_t kept = CAP_NET_RAW;
	cap_t caps;
	int r;

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		return err_sys(e, errno, "cannot set no_new_privs");
	r = take_landlock(e);
	if (r < 0)
		return r;
	caps = cap_init();
	if (raw) {
		cap_set_flag(caps, CAP_PERMITTED, 1, &kept, CAP_SET);
		cap_set_flag(caps, CAP_EFFECTIVE, 1, &kept, CAP_SET);
	}
	r = cap_set_proc(caps);
	if (r < 0)
		err_sys(e, errno, "cannot drop the gateway's capabilities");
	cap_free(caps);
	return r < 0 ? -e->code : 0;
}

static int by_number(const void *a, const void *b)
{
	int x = *(const int *)a, y = *(const int *)b;

	return (x > y) - (x < y);
}

/*
 * Finds the number among n sorted ones, by halves: the kernel runs the filter for each number that
 * it knows when it is installed, since Linux 5.11. filter[end] allows, and the next one kills.
 */
static void add_search(struct sock_filter *filter, size_t at, const int *numbers, size_t n,
		       size_t end)
{
	size_t low = n / 2;

	if (n == 1) {
		filter[at] = (struct sock_filter)BPF_JUMP(
			BPF_JMP | BPF_JEQ | BPF_K, (uint32_t)*numbers, (uint8_t)(end - at - 1),
			(uint8_t)(end - at));
		return;
	}
	filter[at] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, (uint32_t)numbers[low],
						  (uint8_t)SEARCH_SIZE(low), 0);
	add_search(filter, at + 1, numbers, low, end);
	add_search(filter, at + 1 + SEARCH_SIZE(low), numbers + low, n - low, end);
}

int lockdown_process(struct err *e)
{
	enum { SEARCH = ARRAY_SIZE(head), END = SEARCH + SEARCH_SIZE(ARRAY_SIZE(allowed)) };
	struct sock_filter filter[END + 2] = {
		[END] = RETURN(SECCOMP_RET_ALLOW),
		[END + 1] = RETURN(SECCOMP_RET_KILL_PROCESS),
	};
	_Static_assert(END - SEARCH < UINT8_MAX, "a conditional jump reaches as far");
	struct sock_fprog program = {.len = ARRAY_SIZE(filter), .filter = filter};
	int numbers[ARRAY_SIZE(allowed)];

	if (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) < 0)
		return err_sys(e, errno, "cannot become undumpable");
	memcpy(filter, head, sizeof(head));
	memcpy(numbers, allowed, sizeof(allowed));
	qsort(numbers, ARRAY_SIZE(numbers), sizeof(*numbers), by_number);
	add_search(filter, SEARCH, numbers, ARRAY_SIZE(numbers), END);
	if (syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_TSYNC, &program) != 0)
		return err_sys(e, errno, "cannot take the gateway's system call filter");
	return 0;
}
