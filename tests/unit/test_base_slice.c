/*
 * The short slice is inherited, and given back exactly as it was.
 */
#include "base/slice.h"

#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#define OWN_NS 20000000

/* struct sched_attr, sched_setattr(2) */
struct attributes {
	uint32_t size, policy;
	uint64_t flags;
	int32_t nice;
	uint32_t priority;
	uint64_t runtime, deadline, period;
};

static struct attributes now(void)
{
	struct attributes a = {0};

	assert_int_equal(syscall(SYS_sched_getattr, 0, &a, sizeof(a), 0), 0);
	return a;
}

/* Linux 6.12 and later tell it; before, nothing may change. */
static uint64_t shortened(uint64_t usual)
{
	return usual > 0 ? 100000 : 0;
}

static uint64_t slice_of_child(void (*change)(void))
{
	int fds[2];
	uint64_t got = 0;
	pid_t pid;

	assert_int_equal(pipe(fds), 0);
	pid = fork();
	if (pid == 0) {
		if (change)
			change();
		got = now().runtime;
		_exit(write(fds[1], &got, sizeof(got)) != sizeof(got));
	}
	assert_int_equal(read(fds[0], &got, sizeof(got)), sizeof(got));
	assert_int_equal(waitpid(pid, NULL, 0), pid);
	close(fds[0]);
	close(fds[1]);
	return got;
}

static void is_inherited_and_given_back(void **state)
{
	int nice = getpriority(PRIO_PROCESS, 0) + 1; /* a lower one needs a privilege */
	struct attributes before, after;

	(void)state;
	assert_int_equal(setpriority(PRIO_PROCESS, 0, nice), 0);
	before = now();
	slice_restore(); /* nothing to restore yet */
	assert_int_equal(now().runtime, before.runtime);
	slice_shorten();
	slice_shorten(); /* the first one's slice is the usual one */
	assert_int_equal(now().runtime, shortened(before.runtime));
	assert_int_equal(slice_of_child(NULL), shortened(before.runtime));
	assert_int_equal(slice_of_child(slice_restore), before.runtime);
	slice_restore();
	after = now();
	assert_memory_equal(&after, &before, sizeof(after));
	assert_int_equal(after.nice, nice);
}

static void keeps_a_slice_of_our_own(void **state)
{
	struct attributes a = now();
	uint64_t none = a.runtime;

	(void)state;
	a.runtime = OWN_NS;
	assert_int_equal(syscall(SYS_sched_setattr, 0, &a, 0), 0);
	slice_shorten();
	slice_restore();
	assert_int_equal(now().runtime, none ? OWN_NS : 0);
}

static void leaves_a_batch_process_alone(void **state)
{
	const struct sched_param param = {0};
	struct attributes before, after;

	(void)state;
	assert_int_equal(sched_setscheduler(0, SCHED_BATCH, &param), 0);
	before = now();
	slice_shorten();
	after = now();
	assert_memory_equal(&after, &before, sizeof(after));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(is_inherited_and_given_back),
		cmocka_unit_test(keeps_a_slice_of_our_own),
		cmocka_unit_test(leaves_a_batch_process_alone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
