/*
 * A long wait gives memory back, and is poll(2) otherwise.
 */
#include "base/rest.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

#define USED 65536

/* The middle of what a function has used of the stack and left. */
static __attribute__((noinline)) uintptr_t use_stack(void)
{
	volatile char buffer[USED];

	for (size_t i = 0; i < sizeof(buffer); i++)
		buffer[i] = 1;
	return (uintptr_t)&buffer[USED / 2];
}

static bool is_resident(uintptr_t at)
{
	uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE);
	unsigned char found = 0;

	assert_int_equal(mincore((void *)(at & ~(page - 1)), 1, &found), 0);
	return found & 1;
}

static void gives_back_the_stack(void **state)
{
	uintptr_t used = use_stack();
	char kept[256];

	(void)state;
	memset(kept, 'k', sizeof(kept));
	assert_true(is_resident(used));
	assert_int_equal(rest_poll(NULL, 0, 10), 0);
	assert_true(is_resident(used));
	assert_int_equal(rest_poll(NULL, 0, 1010), 0);
	assert_false(is_resident(used));
	for (size_t i = 0; i < sizeof(kept); i++)
		assert_int_equal(kept[i], 'k');
}

/* No byte beside it. */
static void gives_back_the_whole_pages_of_a_buffer(void **state)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	unsigned char *all = mmap(NULL, 4 * page, PROT_READ | PROT_WRITE,
				  MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	(void)state;
	assert_ptr_not_equal(all, MAP_FAILED);
	memset(all, 'k', 4 * page);
	rest_give_back_buffer(all + 1, page - 1); /* ends where a page does, and has none */
	rest_give_back_buffer(all + 1, 3 * page - 2);
	assert_int_equal(all[page - 1], 'k');
	assert_int_equal(all[page], 0);
	assert_int_equal(all[2 * page - 1], 0);
	assert_int_equal(all[2 * page], 'k');
	assert_int_equal(all[3 * page], 'k');
	munmap(all, 4 * page);
}

static void tells_events(void **state)
{
	int fds[2];
	struct pollfd p = {.events = POLLIN};

	(void)state;
	assert_int_equal(pipe(fds), 0);
	p.fd = fds[0];
	assert_int_equal(rest_poll(&p, 1, 0), 0);
	assert_int_equal(write(fds[1], "x", 1), 1);
	assert_int_equal(rest_poll(&p, 1, -1), 1);
	assert_int_equal(p.revents, POLLIN);
	close(fds[0]);
	close(fds[1]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(gives_back_the_stack),
		cmocka_unit_test(gives_back_the_whole_pages_of_a_buffer),
		cmocka_unit_test(tells_events),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
