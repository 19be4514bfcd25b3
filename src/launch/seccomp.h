/*
 * seccomp.h - the system call filter of a session, compiled when the program was built.
 *
 * What a filter allows is written in seccomp_policy.c; seccomp_gen.c turns it into one BPF program
 * for each combination of the flags below, so that a start only hands a constant array to the
 * kernel.
 */
#ifndef LAUNCH_SECCOMP_H
#define LAUNCH_SECCOMP_H

#include "base/err.h"

/* Which variant of the policy a session runs under; combined at will. */
enum {
	SECCOMP_ROOT = 1,     /* box-root: chown, setuid, capset, device mknod report success */
	SECCOMP_NESTED = 2,   /* namespaces and mounts, for a sandbox inside the box */
	SECCOMP_IO_URING = 4, /* io_uring_* */
	SECCOMP_PERF = 8,     /* perf_event_open */

	SECCOMP_VARIANTS = 16, /* a flag word is below this */
};

/*
 * Puts the calling thread, and all it will start, under the filter for flags: for good, filters
 * cannot be taken off. The caller has set no_new_privs and is single-threaded. Fails as seccomp(2)
 * does: EACCES without no_new_privs, EINVAL on a kernel built without filters, ENOMEM.
 */
int seccomp_apply(unsigned int flags, struct err *e);

#endif
