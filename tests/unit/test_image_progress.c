/*
 * test_image_progress.c - sizes for display, a row of the progress display, the display on a
 * terminal.
 */
#include <pty.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/log.h"
#include "base/mem.h"
#include "base/report.h"
#include "base/usage.h"
#include "cli/image/progress.h"
#include "cli/image/progress_row.h"

static void sizes(void **state)
{
	static const struct {
		uint64_t bytes;
		const char *text;
	} rows[] = {
		{0, "0 B"},
		{1, "1 B"},
		{999, "999 B"},
		{1000, "1.0 kB"},
		{12345, "12.3 kB"},
		{99949, "99.9 kB"},
		{99950, "100 kB"},
		{999499, "999 kB"},
		{999500, "1.0 MB"},
		{252000000, "252 MB"},
		{UINT64_C(64) << 30, "68.7 GB"},
		{UINT64_MAX, "18447 PB"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		assert_string_equal(size_text(rows[i].bytes).s, rows[i].text);
}

static void a_row(void **state)
{
	struct progress_row row = {
		.label = "0123456789ab", .word = "pulling", .done = 50, .total = 100};
	char line[PROGRESS_ROW_MAX];

	(void)state;
	progress_row_format(&row, 57, line, sizeof(line));
	assert_string_equal(line, "0123456789ab  pulling     [#####.....]       50 B / 100 B");
	row.done = 0;
	progress_row_format(&row, 57, line, sizeof(line));
	assert_non_null(strstr(line, "[..........]"));
	row.done = 1000; /* a wrong size does not overflow */
	progress_row_format(&row, 57, line, sizeof(line));
	assert_non_null(strstr(line, "[##########]      100 B / 100 B"));
}

/* A line never wraps, whatever the numbers and the terminal. */
static void never_wider(void **state)
{
	static const uint64_t numbers[] = {0, 1, 999, 123456789, UINT64_MAX};
	struct progress_row row = {.word = "unpacking"};
	char line[PROGRESS_ROW_MAX];

	(void)state;
	for (size_t l = 0; l < sizeof(row.label); l += 13) {
		memset(row.label, 'x', l);
		for (size_t i = 0; i < ARRAY_SIZE(numbers); i++) {
			for (size_t k = 0; k < ARRAY_SIZE(numbers); k++) {
				row.done = numbers[i];
				row.total = numbers[k];
				for (int width = -1; width < 300; width++) {
					progress_row_format(&row, width, line, sizeof(line));
					assert_true((int)strlen(line) <= (width > 0 ? width : 0));
				}
			}
		}
	}
}

/* Rows that are redrawn stay last: lines go above them. */
static void on_a_terminal(void **state)
{
	int terminal, inside, stderr_fd = dup(STDERR_FILENO), row;
	char shown[1000];
	ssize_t n = 0, got;

	(void)state;
	assert_int_equal(openpty(&terminal, &inside, NULL, NULL, NULL), 0);
	dup2(inside, STDERR_FILENO);
	setenv("TERM", "xterm", 1);
	progress_start(false);
	row = report_transfer("0123456789ab", "pulling", 0);
	log_warn("a warning");
	report_transfer_end(row, "done");
	progress_end();
	dup2(stderr_fd, STDERR_FILENO);
	close(inside);
	/* It arrives in pieces, and ends with EIO. */
	while ((got = read(terminal, shown + n, sizeof(shown) - 1 - (size_t)n)) > 0)
		n += got;
	close(terminal);
	close(stderr_fd);
	report_to(NULL);
	assert_true(n > 0);
	shown[n] = '\0';
	assert_string_equal(shown, "0123456789ab  pulling   \r\n"
				   "\033[1A\033[Jsandbox: warning: a warning\r\n"
				   "0123456789ab  pulling   \r\n"
				   "\033[1A\033[J0123456789ab: done\r\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sizes),
		cmocka_unit_test(a_row),
		cmocka_unit_test(never_wider),
		cmocka_unit_test(on_a_terminal),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
