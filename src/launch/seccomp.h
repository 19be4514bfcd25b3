/*
 * seccomp.h - the system call filter of a session, compiled when the program was built.
 *
 * seccomp_policy.c says what a filter allows. seccomp_gen.c turns it into one BPF program for each
 * valid combination of the flags below, so that a start only hands a constant array to the kernel.
 */
#ifndef LAUNCH_SECCOMP_H
#define LAUNCH_SECCOMP_H

#include "base/err.h"

/*
 * Flags that select a variant of the policy; seccomp_policy_is_variant() knows the valid
 * combinations.
 */
enum {
	SECCOMP_ROOT = 1,      /* box-root: chown, setgroups, capset, device mknod report success */
	SECCOMP_NESTED = 2,    /* namespaces and mounts, for a sandbox inside the box */
	SECCOMP_IO_URING = 4,  /* io_uring_* */
	SECCOMP_PERF = 8,      /* perf_event_open */
	SECCOMP_IDENTITY = 16, /* the supervisor answers set*id and getgroups (identity.c) */

	SECCOMP_RENAMES = 32,  /* it looks at rename and kin (identity_rename.c) */
	SECCOMP_MODES = 64,    /* it removes set-id bits (identity_modes.c); else: refused */
	SECCOMP_FORWARD = 128, /* and says when something listens (identity_listen.c) */
	SECCOMP_OWNERS = 256,  /* and knows the owner of every file (identity_create.c) */

	SECCOMP_VARIANTS = 512, /* all combinations are below this */
};

/* Flags that need a supervisor: all that box-root has, and all. */
#define SECCOMP_ASKING	 ((unsigned)(SECCOMP_IDENTITY | SECCOMP_RENAMES | SECCOMP_MODES))
#define SECCOMP_NOTIFIED (SECCOMP_ASKING | SECCOMP_FORWARD | SECCOMP_OWNERS)

/*
 * Puts the calling thread and its children under the filter for flags, permanently: filters cannot
 * be removed. The caller has set no_new_privs and is single-threaded. Fails as seccomp(2) does:
 * EACCES without no_new_privs, EINVAL on a kernel without filters, ENOMEM.
 */
int seccomp_apply(unsigned int flags, struct err *e);

/*
 * The same with some of SECCOMP_NOTIFIED in flags: *ret_listener is the descriptor for answering
 * the calls; the caller closes it. If the kernel cannot do it, or a filter around us already has a
 * listener (only one is allowed for all filters of a process), the filter is installed without
 * these flags and *ret_listener is -1.
 */
int seccomp_apply_listening(unsigned int flags, int *ret_listener, struct err *e);

/*
 * A second filter, for a process that a tracer of ours watches: what the first one with these flags
 * refuses with EPERM or ENOSYS raises SIGSYS instead, whose si_errno is SECCOMP_TRAPPED and that
 * errno; the tracer makes it the result. Never weaker: a trapped call is not made either, and
 * without a tracer the signal kills. clone3 and openat2, which every program has another way for,
 * stay refused.
 */
#define SECCOMP_TRAPPED 0xb000u
int seccomp_apply_trapping(unsigned int flags, struct err *e);

#endif
