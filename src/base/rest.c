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

#define FRAMES_SIZE 1024	 /* of this function and what it calls, and more */
#define STACK_USED  (256u << 10) /* more than a start uses; the kernel skips what is not mapped */

void rest_give_back_buffer(void *data, size_t size)
{
	uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE);
	uintptr_t begin = ((uintptr_t)data + page - 1) & ~(page - 1);
	uintptr_t end = ((uintptr_t)data + size) & ~(page - 1);

	if (begin < end)
		madvise((void *)begin, end - begin, MADV_DONTNEED);
}

/* All whole pages below this function's frame, and that of madvise(2). */
void rest_give_back_stack(size_t size)
{
	uintptr_t end = (uintptr_t)__builtin_frame_address(0) - FRAMES_SIZE;

	rest_give_back_buffer((void *)(end - size), size);
}

void rest_give_back(void)
{
	malloc_trim(0);
	rest_give_back_stack(STACK_USED);
}

int rest_poll(struct pollfd *fds, nfds_t n, int timeout_ms)
{
	int r;

	if (timeout_ms >= 0 && timeout_ms <= REST_QUIET_MS)
		return poll(fds, n, timeout_ms);
	r = poll(fds, n, REST_QUIET_MS);
	if (r != 0)
		return r;
	rest_give_back();
	return poll(fds, n, timeout_ms < 0 ? -1 : timeout_ms - REST_QUIET_MS);
}
