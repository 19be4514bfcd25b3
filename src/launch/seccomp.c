/*
 * seccomp.c - attaching the precompiled filter.
 *
 * Owns the programs in seccomp_filters.h, which seccomp_gen prints during the build. Promises one
 * system call and no allocation, so that it can stand right before the exec. Refuses a flag it does
 * not know: a filter weaker or stronger than the one asked for is never put on.
 */
#include "launch/seccomp.h"

#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "seccomp_filters.h"

int seccomp_apply(unsigned int flags, struct err *e)
{
	if (flags >= SECCOMP_VARIANTS)
		return err_set(e, EINVAL, "no system call filter for the flags %#x", flags);

	/*
	 * Filter flags stay 0: TSYNC is for programs with threads, and SPEC_ALLOW would switch off
	 * speculative store bypass mitigation on kernels before 5.16.
	 */
	if (syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &seccomp_filters[flags]) < 0)
		return err_sys(e, errno, "cannot install the system call filter");
	return 0;
}
