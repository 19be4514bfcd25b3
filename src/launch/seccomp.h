/*
 * seccomp.h - the system call filter of a session, compiled when the program was built.
 *
 * What a filter allows is written in seccomp_policy.c; seccomp_gen.c turns it into one BPF program
 * for each variant of the flags below, so that a start only hands a constant array to the
 * kernel.
 */
#ifndef LAUNCH_SECCOMP_H
#define LAUNCH_SECCOMP_H

#include "base/err.h"

/* Which variant of the policy a session runs under: those that seccomp_policy_is_variant() knows. */
enum {
	SECCOMP_ROOT = 1,     /* box-root: chown, setgroups, capset, device mknod report success */
	SECCOMP_NESTED = 2,   /* namespaces and mounts, for a sandbox inside the box */
	SECCOMP_IO_URING = 4, /* io_uring_* */
	SECCOMP_PERF = 8,     /* perf_event_open */
	SECCOMP_IDENTITY =
		16, /* set*id and getgroups are answered by the supervisor (identity.c) */

	SECCOMP_RENAMES = 32, /* rename and kin are looked at by it (identity_rename.c) */
	SECCOMP_MODES = 64,   /* set-id bits are taken off by it (identity_modes.c), not refused */

	SECCOMP_VARIANTS = 128, /* a flag word is below this */
};

/* Those that take a supervisor. */
#define SECCOMP_ASKING ((unsigned)(SECCOMP_IDENTITY | SECCOMP_RENAMES | SECCOMP_MODES))

/*
 * Puts the calling thread, and all it will start, under the filter for flags: for good, filters
 * cannot be taken off. The caller has set no_new_privs and is single-threaded. Fails as seccomp(2)
 * does: EACCES without no_new_privs, EINVAL on a kernel built without filters, ENOMEM.
 */
int seccomp_apply(unsigned int flags, struct err *e);

/*
 * The same with some of SECCOMP_ASKING among the flags: *ret_listener is where the calls are to be
 * answered, the caller's to close. A kernel that cannot, or a filter around us that has a listener
 * already (there is one for all filters of a process), gets the filter without these flags, and
 * *ret_listener is -1.
 */
int seccomp_apply_listening(unsigned int flags, int *ret_listener, struct err *e);

#endif
