/*
 * seccomp_policy.h - the system call policy of a box as data, and the one way to read it.
 *
 * Used while the program is built (seccomp_gen.c) and by the tests; the launcher itself carries
 * only the compiled programs.
 *
 * An answer is a return value of a seccomp filter (seccomp(2)): SECCOMP_RET_ALLOW, or
 * SECCOMP_RET_ERRNO with the errno in the low 16 bits; errno 0 makes the call report success
 * without having run; SECCOMP_RET_USER_NOTIF leaves the answer to the supervisor of identities.
 */
#ifndef LAUNCH_SECCOMP_POLICY_H
#define LAUNCH_SECCOMP_POLICY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "launch/seccomp.h"

/*
 * One look at an argument: when it matches, its answer is the call's. Only the low 32 bits are
 * compared, since the kernel reads all of these arguments as 32-bit numbers: a caller that sets
 * high bits must not slip through (CVE-2019-7303).
 */
struct seccomp_test {
	enum {
		SECCOMP_TEST_END = 0, /* ends a list */
		SECCOMP_TEST_EQ,      /* (argument & mask) == value */
		SECCOMP_TEST_NE,      /* (argument & mask) != value */
		SECCOMP_TEST_ANY,     /* (argument & mask) != 0; value is 0 */
	} op;
	unsigned int arg; /* 0 to 5 */
	uint32_t mask;
	uint32_t value;
	uint32_t answer;
	unsigned int when; /* looked at only with all of these SECCOMP_* flags */
};

struct seccomp_rule {
	const char *calls;		  /* names, separated by blanks */
	uint32_t answer;		  /* when no test matched */
	unsigned int when;		  /* holds only with all of these SECCOMP_* flags */
	const struct seccomp_test *tests; /* in order, the first match decides; may be NULL */
	bool recent;			  /* libseccomp 2.5 may not know these names */
};

/* The table. The last rule that names a call, and whose flags are all given, decides. */
extern const struct seccomp_rule seccomp_rules[];
extern const size_t seccomp_rules_n;

/* The answer to every call that no rule names. */
extern const uint32_t seccomp_unknown;

/*
 * Whether a session can ask for flags: a supervisor takes set-id bits off whatever else it does; root's does
 * all that there is, and another's does not answer for ids.
 */
bool seccomp_policy_is_variant(unsigned int flags);

/* The rule that decides the call name under flags; NULL when none names it. */
const struct seccomp_rule *seccomp_policy_rule(unsigned int flags, const char *name);

/* The policy's answer to one call, read from the table rather than from a compiled program. */
uint32_t seccomp_policy_answer(unsigned int flags, const char *name, const uint64_t args[6]);

#endif
