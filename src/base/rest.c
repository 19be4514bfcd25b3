/*
 * rest.c - waiting for long, in little memory.
 *
 * To start a box takes more stack and heap than to wait for its end, and the pages stay with the
 * process until it says that it does not need them. Not at once: most commands end in a moment, and
 * a page that is used again costs a page fault.
 */
#include "base/rest.h"

#include <malloc.h>
#include <stdint.h>
#include <sys/mman.h>
#include <unistd.h>

#define QUIET_MS    1000
#define FRAMES_SIZE 1024	 /* of this function and what it calls, and more */
#define STACK_USED  (256u << 10) /* more than a start uses; the kernel skips what is not mapped */

/* All whole pages below this function's frame, and that of madvise(2). */
static void give_back_stack(void)
{
	uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE);
	uintptr_t end = ((uintptr_t)__builtin_frame_address(0) - FRAMES_SIZE) & ~(page - 1);

	madvise((void *)(end - STACK_USED), STACK_USED, MADV_DONTNEED);
}

int rest_poll(struct pollfd *fds, nfds_t n, int timeout_ms)
{
	int r;

	if (timeout_ms >= 0 && timeout_ms <= QUIET_MS)
		return poll(fds, n, timeout_ms);
	r = poll(fds, n, QUIET_MS);
	if (r != 0)
		return r;
	malloc_trim(0);
	give_back_stack();
	return poll(fds, n, timeout_ms < 0 ? -1 : timeout_ms - QUIET_MS);
}
