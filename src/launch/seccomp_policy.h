/*
 * seccomp_policy.h - the system call policy of a box as data, and the one way to read it.
 *
 * Used during the build (seccomp_gen.c) and by the tests; the launcher has only the compiled
 * programs.
 *
 * An answer is a return value of a seccomp filter (seccomp(2)): SECCOMP_RET_ALLOW;
 * SECCOMP_RET_ERRNO with the errno in the low 16 bits (errno 0 makes the call report success
 * without running); SECCOMP_RET_USER_NOTIF, which leaves the answer to the identity supervisor.
 */
#ifndef LAUNCH_SECCOMP_POLICY_H
#define LAUNCH_SECCOMP_POLICY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "launch/seccomp.h"

/*
 * A test of one argument: if it matches, its answer is used. Only the low 32 bits are compared,
 * because the kernel reads all of these arguments as 32-bit numbers: setting high bits must not
 * evade the test (CVE-2019-7303).
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
	unsigned int when; /* applies only with all of these SECCOMP_* flags */
};

struct seccomp_rule {
	const char *calls;		  /* names, separated by blanks */
	uint32_t answer;		  /* if no test matches */
	unsigned int when;		  /* applies only with all of these SECCOMP_* flags */
	const struct seccomp_test *tests; /* in order, the first match decides; may be NULL */
	bool recent;			  /* libseccomp 2.5 may not know these names */
};

/* The table. The last rule that names a call and whose flags are all set decides. */
extern const struct seccomp_rule seccomp_rules[];
extern const size_t seccomp_rules_n;

/* The answer to every call that no rule names. */
extern const uint32_t seccomp_unknown;

/*
 * Can a session have this combination? A supervisor always removes set-id bits; for root it does
 * everything, for others it does not answer for ids.
 */
bool seccomp_policy_is_variant(unsigned int flags);

/* The rule that decides the call name under flags; NULL if none names it. */
const struct seccomp_rule *seccomp_policy_rule(unsigned int flags, const char *name);

/*
 * What the rule (NULL: seccomp_unknown) answers, read from the table and not from a compiled
 * program.
 */
uint32_t seccomp_policy_answer(const struct seccomp_rule *rule, unsigned int flags,
			       const uint64_t args[6]);

#endif
