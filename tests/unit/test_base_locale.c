/*
 * test_base_locale.c - names of locales in the form of glibc's files, and its archive.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/mman.h>

#include <cmocka.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/locale_archive.h"
#include "base/mem.h"

static void names_are_normalized(void **state)
{
	static const char *const names[][2] = {
		{"en_US.UTF-8", "en_US.utf8"},
		{"C.UTF-8", "C.utf8"},
		{"de_DE", "de_DE"},
		{"de_DE@euro", "de_DE@euro"},
		{"de_DE.ISO-8859-15@euro", "de_DE.iso885915@euro"},
		{"ja_JP.8859", "ja_JP.iso8859"},
		{"", ""},
		{"x.", "x"},
		{"ca_ES.utf8@valencia", "ca_ES.utf8@valencia"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		cleanup_free char *got = locale_normalize(names[i][0]);

		assert_string_equal(got, names[i][1]);
	}
}

static bool has(const void *data, size_t size, const char *name)
{
	cleanup_close int fd = memfd_create("archive", MFD_CLOEXEC);
	char path[64];

	assert_true(fd >= 0 && write_all(fd, data, size) == 0);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	return locale_archive_has(path, name);
}

static void an_archive_is_read(void **state)
{
	struct {
		uint32_t head[8];
		char strings[24];
	} a = {.head = {0xde020109, 0, 0, 0, 0, 32, 22, 22}, .strings = "de_DE.utf8\0en_US.utf8"};

	(void)state;
	assert_true(has(&a, sizeof(a), "de_DE.utf8"));
	assert_true(has(&a, sizeof(a), "en_US.utf8"));
	assert_false(has(&a, sizeof(a), "DE.utf8"));
	assert_false(has(&a, sizeof(a), "en_US"));
	assert_false(has(&a, 40, "en_US.utf8"));
	assert_false(has(&a, 20, "de_DE.utf8"));
	a.head[5] = UINT32_MAX;
	assert_false(has(&a, sizeof(a), "de_DE.utf8"));
	a.head[5] = 32;
	a.head[6] = UINT32_MAX;
	assert_false(has(&a, sizeof(a), "de_DE.utf8"));
	a.head[0] = 0;
	a.head[6] = 22;
	assert_false(has(&a, sizeof(a), "de_DE.utf8"));
	assert_false(locale_archive_has("/nonexistent", "C"));
	assert_false(locale_archive_has("/dev/zero", "C"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_are_normalized),
		cmocka_unit_test(an_archive_is_read),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
