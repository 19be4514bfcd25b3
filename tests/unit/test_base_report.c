/*
 * test_base_report.c - what work reports reaches the report of the process, and nothing else.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/buf.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/report.h"
#include "prepare/step_log.h"

static struct buf said = BUF_INIT;

static void line(enum report_kind kind, const char *text)
{
	static const char letters[] = "WNDwO";

	buf_addf(&said, "%c:%s\n", letters[kind], text);
}

static void step(const struct report_step *s, const char *text)
{
	buf_addf(&said, "%zu/%zu %s:%s\n", s->number, s->of, s->title, text ? text : "begins");
}

static void step_end(void)
{
	buf_addstr(&said, "end\n");
}

static int transfer(const char *label, const char *word, uint64_t total)
{
	buf_addf(&said, "%s %s %llu\n", label, word, (unsigned long long)total);
	return 7;
}

static struct report report = {
	.line = line, .step = step, .step_end = step_end, .transfer = transfer};

static int begin(void **state)
{
	(void)state;
	buf_reset(&said);
	report.quiet = false;
	report_to(&report);
	unsetenv("SANDBOX_DEBUG");
	return 0;
}

static void lines(void **state)
{
	(void)state;
	log_warn("'%s'", "a\033[2J");
	log_note("note");
	log_debug("not asked for");
	setenv("SANDBOX_DEBUG", "1", 1);
	log_debug("debug");
	report_line(REPORT_WAITING, "waits");
	assert_string_equal(said.data, "W:'a\\x1b[2J'\nN:note\nD:debug\nw:waits\n");
}

/* Warnings, and the output of a program that failed, are still reported. */
static void quiet(void **state)
{
	(void)state;
	report.quiet = true;
	assert_true(report_is_quiet());
	log_note("note");
	report_line(REPORT_WAITING, "waits");
	log_warn("warning");
	report_line(REPORT_OUTPUT, "output");
	assert_string_equal(said.data, "W:warning\nO:output\n");
}

static void transfers(void **state)
{
	(void)state;
	assert_int_equal(report_transfer("layer", "waiting", 12), 7);
	report_transfer_done(7, 1); /* this report ignores it */
	assert_string_equal(said.data, "layer waiting 12\n");
}

static void nobody(void **state)
{
	(void)state;
	report_to(NULL);
	log_warn("unheard");
	report_step(&(struct report_step){.title = "x"}, NULL);
	report_step_end();
	assert_int_equal(report_transfer("layer", "waiting", 1), 0);
	assert_int_equal(said.len, 0);
	assert_false(report_is_quiet());
}

static void a_failed_step(void **state)
{
	struct step_log log = {.step = {.number = 1, .of = 2, .title = "apt: gcc"}};
	char dir[] = "/tmp/sandbox-test-XXXXXX", *file;
	struct err e;

	(void)state;
	assert_non_null(mkdtemp(dir));
	file = xasprintf("%s/log", dir);
	assert_int_equal(step_log_open(&log, -1, file, &e), 0);
	step_log_add(&log, "one\ntw", 6);
	step_log_add(&log, "o\033\n", 3);
	assert_int_equal(step_log_close(&log, false, &e), 0);
	assert_string_equal(said.data, "1/2 apt: gcc:begins\n1/2 apt: gcc:one\n"
				       "1/2 apt: gcc:two\033\nend\nO:one\nO:two\\x1b\n");
	unlink(file);
	rmdir(dir);
	free(file);
}

static int end(void **state)
{
	(void)state;
	buf_free(&said);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(lines, begin),	      cmocka_unit_test_setup(quiet, begin),
		cmocka_unit_test_setup(transfers, begin),     cmocka_unit_test_setup(nobody, begin),
		cmocka_unit_test_setup(a_failed_step, begin),
	};

	return cmocka_run_group_tests(tests, NULL, end);
}
