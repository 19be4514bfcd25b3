/*
 * test_watch_record.c - the record of a watched session: a list of bounded length, of which a reader
 * believes nothing; and the numbers of system calls by name, and back.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/cleanup.h"
#include "base/mem.h"
#include "launch/watch_calls.h"
#include "launch/watch_record.h"

static const struct watched file = {.error = EROFS, .path = "/d/f", .mount = "/d"};
static const struct watched call = {.error = EPERM, .call = "mount"};

/* Is it kept, as the only one of a record? */
static bool is_kept(const struct watched *w)
{
	cleanup_free struct watch_record *record = xcalloc(1, sizeof(*record)),
					 *kept = xcalloc(1, sizeof(*kept));

	watch_record_check("", 0, record); /* has the magic */
	record->at[record->n++] = *w;
	record->at[0].count = w->count ? w->count : 1;
	watch_record_check(record, watch_record_size(record), kept);
	return kept->n == 1;
}

static void only_possible_refusals_are_kept(void **state)
{
	struct watched w = file;

	(void)state;
	assert_true(is_kept(&file));
	assert_true(is_kept(&call));
	w.error = 0;
	assert_false(is_kept(&w));
	w.error = 5000;
	assert_false(is_kept(&w));
	w = file;
	snprintf(w.path, sizeof(w.path), "d/f");
	assert_false(is_kept(&w));
	w = file;
	*w.mount = '\0';
	assert_false(is_kept(&w));
	w = file;
	memset(w.path, '/', sizeof(w.path));
	assert_false(is_kept(&w));
	w = call;
	snprintf(w.call, sizeof(w.call), "frob");
	assert_false(is_kept(&w));
	w = call;
	snprintf(w.path, sizeof(w.path), "/d/f");
	assert_false(is_kept(&w));
	memset(w.call, 'a', sizeof(w.call));
	assert_false(is_kept(&w));
}

static void sizes_that_lie_are_not_believed(void **state)
{
	cleanup_free struct watch_record *record = xcalloc(1, sizeof(*record)),
					 *kept = xcalloc(1, sizeof(*kept));

	(void)state;
	watch_record_check("", 0, record);
	record->n = UINT32_MAX;
	record->at[0] = record->at[1] = call;
	record->at[0].count = record->at[1].count = 1;
	watch_record_check(record, sizeof(*record), kept);
	assert_int_equal(kept->n, 2);
	watch_record_check(record, offsetof(struct watch_record, at[1]) + 7, kept);
	assert_int_equal(kept->n, 1);
	watch_record_check(record, 11, kept);
	assert_int_equal(kept->n, 0);
	record->magic++;
	watch_record_check(record, sizeof(*record), kept);
	assert_int_equal(kept->n, 0);
}

static void more_than_there_is_room_for_are_counted(void **state)
{
	cleanup_free struct watch_record *read = xcalloc(1, sizeof(*read));
	struct watch_record *record;
	cleanup_close int fd = -1;
	struct watched w = file;
	struct err e;

	(void)state;
	assert_int_equal(watch_record_make(&fd, &e), 0);
	assert_int_equal(ftruncate(fd, 1), -1); /* its size is fixed */
	assert_int_equal(ftruncate(fd, 1 << 20), -1);
	record = watch_record_map(fd);
	assert_non_null(record);
	for (int i = 0; i < 2 * WATCH_MAX; i++) {
		snprintf(w.path, sizeof(w.path), "/d/%d", i);
		assert_false(watch_record_again(record, "", w.path));
		watch_record_add(record, &w);
	}
	assert_true(watch_record_again(record, "", "/d/3"));
	assert_int_equal(watch_record_read(fd, read, &e), 0);
	assert_int_equal(read->n, WATCH_MAX);
	assert_int_equal(read->more, WATCH_MAX);
	assert_string_equal(read->at[3].path, "/d/3");
	assert_int_equal(read->at[3].count, 2);
	munmap(record, sizeof(*record));
}

static void numbers_have_names(void **state)
{
	char name[SECCOMP_NAME_MAX];
	size_t known = 0;

	(void)state;
	assert_int_equal(seccomp_number_of("mount", false), SYS_mount);
	assert_int_equal(seccomp_number_of("frob", false), -1);
	assert_int_equal(seccomp_number_of("mount 1", false), -1);
	assert_true(seccomp_name_of(SYS_mount, false, name));
	assert_string_equal(name, "mount");
	assert_false(seccomp_name_of(-1, false, name));
	assert_false(seccomp_name_of(-1, true, name));
	assert_false(seccomp_name_of(100000, false, name));
#if defined(__x86_64__)
	struct seccomp_answer a;

	assert_int_equal(seccomp_number_of("mount", true), 21);
	assert_int_equal(seccomp_number_of("chown32", true), 212);
	assert_false(seccomp_answer_of("chown32", &a)); /* this architecture has none */
	assert_true(seccomp_name_of(212, true, name));
	assert_string_equal(name, "chown32");
#endif
	for (size_t i = 0; i < watch_calls_n; i++)
		known += seccomp_number_of(watch_calls[i].name, false) >= 0 ||
			 seccomp_number_of(watch_calls[i].name, true) >= 0;
	assert_int_equal(known, watch_calls_n);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(only_possible_refusals_are_kept),
		cmocka_unit_test(sizes_that_lie_are_not_believed),
		cmocka_unit_test(more_than_there_is_room_for_are_counted),
		cmocka_unit_test(numbers_have_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
