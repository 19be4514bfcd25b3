/*
 * test_launch_identity.c - the kernel's rules for changing ids, rule by rule (kernel/sys.c).
 */
#include <errno.h>
#include <linux/audit.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/syscall.h>

#include <cmocka.h>

#include "base/mem.h"
#include "launch/identity_ids.h"

#define NONE (~0ULL)

struct step {
	enum ids_call call;
	unsigned long long args[3];
	bool privileged;
	int result;
	uint32_t after[3]; /* real, effective, saved */
};

static void uids(void **state)
{
	static const struct step steps[] = {
		/* root, by setuid(2): all three, permanently */
		{IDS_SETUID, {33}, true, 0, {33, 33, 33}},
		{IDS_SETUID, {0}, false, -EPERM, {33, 33, 33}},
		{IDS_SETUID, {33}, false, 0, {33, 33, 33}},
		{IDS_SETUID, {NONE}, true, -EINVAL, {33, 33, 33}},
		/* the effective one temporarily */
		{IDS_SETRESUID, {0, 0, 0}, true, 0, {0, 0, 0}},
		{IDS_SETRESUID, {NONE, 33, NONE}, true, 0, {0, 33, 0}},
		{IDS_SETRESUID, {34, NONE, NONE}, false, -EPERM, {0, 33, 0}},
		{IDS_SETUID, {0}, false, 0, {0, 0, 0}},
		/*
		 * setreuid(2) sets the saved one if it sets the real one, or another effective one
		 */
		{IDS_SETREUID, {NONE, 33}, true, 0, {0, 33, 33}},
		{IDS_SETREUID, {33, 0}, false, 0, {33, 0, 0}},
		{IDS_SETREUID, {33, 33}, true, 0, {33, 33, 33}},
		{IDS_SETREUID, {NONE, NONE}, false, 0, {33, 33, 33}},
		{IDS_SETREUID, {0, NONE}, false, -EPERM, {33, 33, 33}},
		{IDS_SETRESUID, {NONE, 0, NONE}, false, -EPERM, {33, 33, 33}},
		{IDS_SETRESUID, {1, 2, 3}, true, 0, {1, 2, 3}},
		{IDS_SETRESUID, {3, 1, 2}, false, 0, {3, 1, 2}},
		/* not the effective one: kernel/sys.c, __sys_setuid() */
		{IDS_SETUID, {1}, false, -EPERM, {3, 1, 2}},
		{IDS_SETUID, {2}, false, 0, {3, 2, 2}},
		/* the real one cannot become the saved one */
		{IDS_SETRESUID, {1, 2, 3}, true, 0, {1, 2, 3}},
		{IDS_SETREUID, {3, NONE}, false, -EPERM, {1, 2, 3}},
		{IDS_SETREUID, {NONE, 3}, false, 0, {1, 3, 3}},
	};
	struct ids ids = {0}, twin = {0};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(steps); i++) {
		const struct step *s = &steps[i];

		if (ids_apply(&ids, s->call, s->args, false, s->privileged) != s->result)
			fail_msg("step %zu", i);
		/* its variant for groups */
		assert_int_equal(ids_apply(&twin, (enum ids_call)(s->call + 1), s->args, false,
					   s->privileged),
				 s->result);
		for (int j = 0; j < 3; j++) {
			if (ids.uid[j] != s->after[j] || twin.gid[j] != s->after[j])
				fail_msg("step %zu, id %d: %u %u", i, j, ids.uid[j], twin.gid[j]);
			assert_int_equal(ids.gid[j], 0);
		}
	}
}

static void short_ids(void **state)
{
	struct ids ids = {0};

	(void)state;
	assert_int_equal(ids_apply(&ids, IDS_SETRESUID,
				   (unsigned long long[]){0xffff, 0x10021, 0xffffffff}, true, true),
			 0);
	assert_int_equal(ids.uid[IDS_REAL], 0);
	assert_int_equal(ids.uid[IDS_EFFECTIVE], 0x21);
	assert_int_equal(ids.uid[IDS_SAVED], 0);
	/* the high half of an argument is ignored: the kernel uses 32 bits */
	assert_int_equal(ids_apply(&ids, IDS_SETUID,
				   (unsigned long long[]){0xdeadbeef00000021, 0, 0}, false, true),
			 0);
	assert_int_equal(ids.uid[IDS_SAVED], 0x21);
}

static void final(void **state)
{
	(void)state;
	assert_false(ids_final(&(struct ids){0}));
	assert_false(ids_final(&(struct ids){.uid = {0, 33, 33}}));
	assert_false(ids_final(&(struct ids){.uid = {33, 33, 0}}));
	assert_false(ids_final(&(struct ids){.uid = {33, 34, 34}}));
	assert_true(ids_final(&(struct ids){.uid = {33, 33, 33}}));
}

static void numbers(void **state)
{
	bool is_short;

	(void)state;
#if defined(__x86_64__)
	assert_int_equal(ids_call_of(AUDIT_ARCH_X86_64, SYS_setuid, &is_short), IDS_SETUID);
	assert_false(is_short);
	assert_int_equal(ids_call_of(AUDIT_ARCH_I386, 23, &is_short), IDS_SETUID);
	assert_true(is_short);
	assert_int_equal(ids_call_of(AUDIT_ARCH_I386, 213, &is_short), IDS_SETUID);
	assert_false(is_short);
	assert_int_equal(ids_call_of(AUDIT_ARCH_I386, SYS_setuid, &is_short), IDS_NONE);
#endif
	assert_int_equal(ids_call_of(0, SYS_setuid, &is_short), IDS_NONE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(uids),
		cmocka_unit_test(short_ids),
		cmocka_unit_test(final),
		cmocka_unit_test(numbers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
