/*
 * test_base_proc.c - process identity and the caller's identity.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#include <cmocka.h>

#include "base/cleanup.h"
#include "base/proc.h"

static unsigned long long started(pid_t pid)
{
	unsigned long long ticks;

	assert_int_equal(proc_start_time(pid, &ticks), 0);
	return ticks;
}

static void waiting(void **state)
{
	int status;
	pid_t pid = fork();

	(void)state;
	if (pid == 0) {
		pause();
		_exit(0);
	}

	cleanup_close int fd = proc_pidfd(pid);

	assert_true(fd >= 0);
	assert_false(proc_wait_pidfd(fd, 0));
	assert_false(proc_wait_pidfd(fd, 20));
	assert_true(started(pid) >= started(getpid()));
	kill(pid, SIGKILL);
	assert_true(proc_wait_pidfd(fd, -1));
	assert_true(proc_wait_pidfd(fd, 0));
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(started(pid), 0);
	assert_true(proc_pidfd(pid) < 0);
}

static void start_time_of_odd_names(void **state)
{
	int ready[2];
	pid_t pid;
	char c;

	(void)state;
	assert_int_equal(pipe(ready), 0);
	pid = fork();
	if (pid == 0) {
		FILE *comm = fopen("/proc/self/comm", "we");

		if (comm && fputs("a) b (c 1 2", comm) >= 0 && fclose(comm) == 0)
			c = 'y';
		if (write(ready[1], &c, 1) == 1)
			pause();
		_exit(0);
	}
	assert_int_equal(read(ready[0], &c, 1), 1);
	/* Clock ticks: a child is not older than its parent, nor a minute younger. */
	assert_true(started(pid) >= started(getpid()));
	assert_true(started(pid) < started(getpid()) + 60 * 100);
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	close(ready[0]);
	close(ready[1]);
}

static void the_user(void **state)
{
	cleanup_user struct user u;

	(void)state;
	user_self(&u);
	assert_int_equal(u.uid, getuid());
	assert_int_equal(u.gid, getgid());
	assert_true(u.name[0] && !strchr(u.name, ':'));
	assert_true(u.home[0] == '/');
	assert_true(u.shell[0] == '/');
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(waiting),
		cmocka_unit_test(start_time_of_odd_names),
		cmocka_unit_test(the_user),
	};

	return cmocka_run_group_tests_name("base/proc", tests, NULL, NULL);
}
