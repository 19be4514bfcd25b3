/*
 * test_store_names.c - keys, ids, the names of prepared layers, and locks of single pieces of work.
 */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/fnv.h"
#include "box/prepared.h"
#include "store/lease.h"
#include "store/store.h"

/* FIPS 180-2, appendix B; two paths whose FNV-1a is the same. */
static void a_key_is_the_sha256_of_the_text(void **state)
{
	(void)state;
	assert_string_equal(store_key("").hex,
			    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
	assert_string_equal(store_key("abc").hex,
			    "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
	assert_true(fnv1a("/mnt/fplm3IJxT1l") == fnv1a("/mnt/O-v7JsGae-b"));
	assert_true(fnv1a("a") == UINT64_C(0xaf63dc4c8601ec8c)); /* as its authors have it */
	assert_string_not_equal(store_key("/mnt/fplm3IJxT1l").hex,
				store_key("/mnt/O-v7JsGae-b").hex);
}

static void only_names_of_ours_are_ids_and_layers(void **state)
{
	char id[BOX_ID_LEN + 1];
	char layer[200];

	(void)state;
	store_new_id(id);
	assert_true(store_valid_id(id));
	assert_false(store_valid_id("0123456789a"));
	assert_false(store_valid_id("0123456789aB"));
	assert_false(store_valid_id("../456789abc"));
	snprintf(layer, sizeof(layer), "layers/step-%s", store_key("x").hex);
	assert_true(prepared_valid(layer));
	layer[strlen(layer) - 1] = 'g';
	assert_false(prepared_valid(layer));
	layer[strlen(layer) - 1] = '\0';
	assert_false(prepared_valid(layer));
	/* Of format 2. */
	assert_true(prepared_valid("layers/step-0123456789abcdef-1"));
	assert_true(prepared_valid("layers/step-0123456789abcdef-8"));
	assert_false(prepared_valid("layers/step-0123456789abcdef-9"));
	assert_false(prepared_valid("layers/step-0123456789abcdef-1/.."));
	assert_false(prepared_valid("layers/step-0123456789abcdef"));
	assert_false(prepared_valid("layers/step-../../../../../../home"));
	assert_false(prepared_valid("boxes/0123456789abcdef"));
	assert_false(prepared_valid("layers/step-"));
	assert_false(prepared_valid(""));
}

static int waited, rung;

static void count(void)
{
	waited++;
}

static void ring(int sig)
{
	(void)sig;
	rung = 1;
}

static bool has_rung(void)
{
	return rung;
}

static void work_of_one_key_is_waited_for_until_a_signal(void **state)
{
	char top[] = "/tmp/sandbox-test-XXXXXX";
	const struct sigaction bell = {.sa_handler = ring};
	const struct itimerval soon = {.it_interval.tv_usec = 20000, .it_value.tv_usec = 20000};
	const struct itimerval never = {0};
	cleanup_close int dir = -1, first = -1, other = -1, again = -1;
	struct store_key a = store_key("a"), b = store_key("b");
	struct store_work work = {.file = "x.lock", .busy = count, .stop = has_rung};
	struct err e;

	(void)state;
	assert_non_null(mkdtemp(top));
	dir = open(top, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	work.key = a.hex;
	assert_int_equal(store_work_lock(dir, top, &work, &first, &e), 0);
	work.key = b.hex;
	assert_int_equal(store_work_lock(dir, top, &work, &other, &e), 0);
	assert_int_equal(waited, 0);
	work.key = a.hex;
	sigaction(SIGALRM, &bell, NULL);
	setitimer(ITIMER_REAL, &soon, NULL);
	assert_int_equal(store_work_lock(dir, top, &work, &again, &e), -EINTR);
	setitimer(ITIMER_REAL, &never, NULL);
	assert_int_equal(waited, 1);
	assert_int_equal(again, -1);
	close_fd(&first);
	assert_int_equal(store_work_lock(dir, top, &work, &again, &e), 0);
	assert_int_equal(file_remove_tree(AT_FDCWD, top, &e), 0);
}

static void a_lease_is_waited_for_as_long_as_is_said(void **state)
{
	char top[] = "/tmp/sandbox-test-XXXXXX";
	cleanup_close int dir = -1, alone = -1, other = -1;
	struct err e;

	(void)state;
	assert_non_null(mkdtemp(top));
	dir = open(top, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	assert_int_equal(store_lease(dir, top, &alone, &e), 0);
	assert_true(store_lease_take_alone(alone, 0));
	assert_int_equal(store_lease_open(dir, top, &other, &e), 0);
	assert_int_equal(store_lease_share(other, top, 20, &e), -EBUSY);
	assert_string_equal(e.msg, "another command is removing images and layers: try again when "
				   "it has ended");
	assert_int_equal(store_lease_share(alone, top, -1, &e), 0);
	assert_int_equal(store_lease_share(other, top, 0, &e), 0);
	assert_int_equal(file_remove_tree(AT_FDCWD, top, &e), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_key_is_the_sha256_of_the_text),
		cmocka_unit_test(only_names_of_ours_are_ids_and_layers),
		cmocka_unit_test(work_of_one_key_is_waited_for_until_a_signal),
		cmocka_unit_test(a_lease_is_waited_for_as_long_as_is_said),
	};

	return cmocka_run_group_tests_name("test_store_names", tests, NULL, NULL);
}
