/*
 * seccomp.c - installing the precompiled filter.
 *
 * Owns the programs in seccomp_filters.h, which seccomp_gen prints during the build. Promises one
 * system call and no allocation (up to three calls if the kernel is old or there is another
 * listener), so that it can come right before the exec. Refuses an unknown flag: never installs a
 * filter that is weaker or stronger than requested.
 */
#include "launch/seccomp.h"

#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/mem.h"
#include "seccomp_filters.h"

#define SECCOMP_SILENT_CLONE3  435
#define SECCOMP_SILENT_OPENAT2 437

/* Linux 5.19: a signal does not cancel a call that is being answered. */
#ifndef SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV
#define SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV (1UL << 5)
#endif

static int find_program(unsigned int flags, struct sock_fprog *ret, struct err *e)
{
	if (flags >= SECCOMP_VARIANTS || !seccomp_filters[flags].n)
		return err_set(e, EINVAL, "no system call filter for the flags %#x", flags);
	*ret = (struct sock_fprog){
		.len = seccomp_filters[flags].n,
		.filter = (struct sock_filter *)&seccomp_instructions[seccomp_filters[flags].at]};
	return 0;
}

int seccomp_apply(unsigned int flags, struct err *e)
{
	struct sock_fprog program;

	if (find_program(flags, &program, e) < 0)
		return -e->code;

	/*
	 * Filter flags stay 0: TSYNC is for threads, and SPEC_ALLOW would disable the mitigation of
	 * speculative store bypass on kernels before 5.16.
	 */
	if (syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &program) < 0)
		return err_sys(e, errno, "cannot install the system call filter");
	return 0;
}

/*
 * The number is the same in all architectures. Every libc calls it for each thread and falls back,
 * with all signals blocked, which the trap would undo (force_sig_info_to_task()); so do those that
 * know openat2().
 */
static const struct sock_filter silent[] = {
	BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
	BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SECCOMP_SILENT_CLONE3, 1, 0),
	BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SECCOMP_SILENT_OPENAT2, 0, 1),
	BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
};

/*
 * A trap comes before a refusal, and a refusal before anything else (seccomp(2)). Other errors than
 * these say that the kernel lacks something, such as a family of sockets, which programs try.
 */
static uint32_t trapping(uint32_t answer)
{
	uint32_t action = answer & SECCOMP_RET_ACTION_FULL, data = answer & SECCOMP_RET_DATA;

	if (action == SECCOMP_RET_ERRNO && (data == EPERM || data == ENOSYS))
		return SECCOMP_RET_TRAP | SECCOMP_TRAPPED | data;
	return action == SECCOMP_RET_ERRNO || action == SECCOMP_RET_USER_NOTIF ? SECCOMP_RET_ALLOW
									       : answer;
}

int seccomp_apply_trapping(unsigned int flags, struct err *e)
{
	cleanup_free struct sock_filter *code = NULL;
	struct sock_fprog program;
	size_t n;

	if (find_program(flags, &program, e) < 0)
		return -e->code;
	n = ARRAY_SIZE(silent);
	code = xcalloc(n + program.len, sizeof(*code));
	memcpy(code, silent, sizeof(silent));
	for (size_t i = 0; i < program.len; i++) {
		code[n + i] = program.filter[i];
		if (code[n + i].code == (BPF_RET | BPF_K))
			code[n + i].k = trapping(code[n + i].k);
	}
	program = (struct sock_fprog){.len = (unsigned short)(n + program.len), .filter = code};
	if (syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &program) < 0)
		return err_sys(e, errno, "cannot install the filter that traps refused calls");
	return 0;
}

int seccomp_apply_listening(unsigned int flags, int *ret_listener, struct err *e)
{
	static const unsigned long how[] = {
		SECCOMP_FILTER_FLAG_NEW_LISTENER | SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV,
		SECCOMP_FILTER_FLAG_NEW_LISTENER,
	};
	struct sock_fprog program;

	if (find_program(flags, &program, e) < 0)
		return -e->code;
	for (size_t i = 0; i < ARRAY_SIZE(how); i++) {
		long fd = syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, how[i], &program);

		if (fd >= 0) {
			*ret_listener = (int)fd;
			return 0;
		}
		if (errno != EINVAL)
			break;
	}
	if (seccomp_apply(flags & ~SECCOMP_NOTIFIED, e) < 0)
		return -e->code;
	*ret_listener = -1;
	return 0;
}
