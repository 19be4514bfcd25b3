/*
 * slice.c - the time slice of this process, sched(7) and sched_setattr(2).
 *
 * A start is a chain of processes that wait for each other, so on a busy machine each step costs
 * what the scheduler lets the next process wait. EEVDF (sched-eevdf.rst of the kernel) runs who
 * has the earliest deadline, and that is the sooner the shorter its slice is.
 *
 * Promises that nothing else changes: policy and nice value are written back as they were read. A
 * failure is no error, since it only costs time.
 */
#include "base/slice.h"

#include <sched.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <unistd.h>

#define SHORTEST_NS 100000 /* the kernel's limit: __setparam_fair() */

/* struct sched_attr in its first version; <linux/sched/types.h> conflicts with <sched.h>. */
struct attributes {
	uint32_t size;
	uint32_t policy;
	uint64_t flags;
	int32_t nice;
	uint32_t priority;
	uint64_t runtime; /* ns: the slice, if policy is SCHED_OTHER; 0: the kernel is too old */
	uint64_t deadline;
	uint64_t period;
};

static uint64_t usual; /* ns; 0: slice_shorten() has changed nothing */

/* Returns the slice before, or 0 if it stays as it was. */
static uint64_t change(uint64_t ns)
{
	struct attributes a = {0};
	uint64_t before;

	if (syscall(SYS_sched_getattr, 0, &a, sizeof(a), 0) < 0 || a.policy != SCHED_OTHER)
		return 0;
	before = a.runtime;
	a.runtime = ns;
	return before > 0 && before != ns && syscall(SYS_sched_setattr, 0, &a, 0) == 0 ? before : 0;
}

void slice_shorten(void)
{
	uint64_t before = change(SHORTEST_NS);

	if (before)
		usual = before;
}

void slice_restore(void)
{
	if (usual)
		change(usual);
}
