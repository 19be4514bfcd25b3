/*
 * test_launch_gateway.c - a project's networks, with processes of the test as boxes: who shares
 * one, what reaches whom, and that nothing is left, whoever is killed.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <poll.h>
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/helper.h"
#include "base/mem.h"
#include "base/proc.h"
#include "gateway/contract.h"
#include "launch/gateway.h"

#define PORT	   5432
#define CONNECT_MS 10000
#define STORM	   6  /* launchers at once */
#define ROUNDS	   12 /* of each */

static char program[PATH_MAX], directory[] = "/tmp/test-gateway-XXXXXX";

/* A box is a process in a network that answers with a letter on PORT, until it is ended. */
struct test_box {
	struct project project;
	unsigned number;
	pid_t pid;
	char letter;
};

static struct gateway_place place_of(const char *project, const char *network)
{
	static const struct netpolicy open_policy;
	static const struct gateway_links no_links;

	return (struct gateway_place){.program = program,
				      .directory = directory,
				      .socket = project,
				      .network = network,
				      .box = "0123456789ab",
				      .policy = &open_policy,
				      .links = &no_links};
}

static bool enter(const struct project *p)
{
	return setns(p->userns, CLONE_NEWUSER) == 0 && setns(p->netns, CLONE_NEWNET) == 0;
}

/* Says so by the end of ready_fd. */
static void answer_with(char letter, int ready_fd)
{
	struct sockaddr_in any = {.sin_family = AF_INET, .sin_port = htons(PORT)};
	int fd = socket(AF_INET, SOCK_STREAM, 0), one = 1;

	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	if (bind(fd, (struct sockaddr *)&any, sizeof(any)) < 0 || listen(fd, 8) < 0)
		_exit(1);
	close(ready_fd);
	for (;;) {
		int c = accept(fd, NULL, NULL);

		(void)!write(c, &letter, 1);
		close(c);
	}
}

/* Returns when it listens, if it is to. */
static pid_t fork_box(const struct project *in, char letter)
{
	int ready[2];
	pid_t pid, parent = getpid();

	if (pipe2(ready, O_CLOEXEC) < 0)
		return -1;
	pid = fork();
	if (pid == 0) {
		close(ready[0]);
		if (!enter(in))
			_exit(1);
		/* Another user namespace has cleared it. */
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		if (getppid() != parent)
			_exit(1);
		if (letter)
			answer_with(letter, ready[1]);
		close(ready[1]);
		pause();
		_exit(0);
	}
	close(ready[1]);
	(void)!read(ready[0], &letter, 1);
	close(ready[0]);
	return pid;
}

static int enter_project(void *arg, struct err *e)
{
	return project_enter(arg, e);
}

/* Makes what it lacks. */
static int make_project(const struct gateway_link *link, struct project *p, struct err *e)
{
	bool is_new = p->netns < 0;
	int r = helper_run(enter_project, p, e);

	return r == 0 && is_new ? gateway_give_project(link, p, e) : r;
}

/* letter: 0 if it does not answer. Returns what failed, or NULL. */
static const char *try_box(const char *project, const char *network, char letter,
			   struct test_box *ret, struct err *e)
{
	struct gateway_link link = GATEWAY_LINK_INIT;
	struct gateway_place place = place_of(project, network);
	int pidfd;

	*ret = (struct test_box){.project = PROJECT_INIT, .letter = letter};
	if (gateway_join(&place, &link, e) < 0)
		return "join";
	if (gateway_project(&link, &ret->project, e) < 0 ||
	    make_project(&link, &ret->project, e) < 0) {
		close_fd(&link.fd);
		return "project";
	}
	ret->pid = fork_box(&ret->project, letter);
	pidfd = proc_pidfd(ret->pid);
	if (gateway_give_box(&link, pidfd, e) == 0)
		gateway_wait(&link, &ret->number, e);
	close(pidfd);
	close_fd(&link.fd);
	return ret->number ? NULL : "wait";
}

static void end_box(struct test_box *b)
{
	project_clear(&b->project);
	if (b->pid > 0) {
		kill(b->pid, SIGKILL);
		waitpid(b->pid, NULL, 0);
	}
}

static struct test_box start_box(const char *project, const char *network, char letter)
{
	struct test_box b;
	struct err e = {0};
	const char *failed = try_box(project, network, letter, &b, &e);

	if (failed)
		fail_msg("%s: %s", failed, e.msg);
	return b;
}

static char read_letter(const char *address, uint16_t port)
{
	struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(port)};
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
	struct pollfd p = {.fd = fd, .events = POLLIN};
	char letter = '-';

	inet_pton(AF_INET, address, &to.sin_addr);
	(void)!connect(fd, (struct sockaddr *)&to, sizeof(to));
	if (poll(&p, 1, CONNECT_MS) == 1 && read(fd, &letter, 1) < 0)
		letter = errno == ECONNREFUSED ? 'R' : '-';
	close(fd);
	return letter;
}

/* The last number of the address of a name, or 0; a query of RFC 1035. */
static char ask_name(const char *name)
{
	struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(53)};
	char query[64] = "\x12\x34\x01\0\0\1\0\0\0\0\0\0", answer[512];
	size_t len = strlen(name), at = 12;
	int fd = socket(AF_INET, SOCK_DGRAM, 0);
	struct pollfd p = {.fd = fd, .events = POLLIN};
	ssize_t n = -1;

	query[at++] = (char)len;
	memcpy(query + at, name, len); /* NOLINT(bugprone-not-null-terminated-result) */
	/* NOLINTNEXTLINE(bugprone-not-null-terminated-result) */
	memcpy(query + at + len + 1, "\0\1\0\1", 4);
	inet_pton(AF_INET, GATEWAY_IPV4, &to.sin_addr);
	sendto(fd, query, at + len + 5, 0, (struct sockaddr *)&to, sizeof(to));
	if (poll(&p, 1, CONNECT_MS) == 1)
		n = recv(fd, answer, sizeof(answer), 0);
	close(fd);
	return n > 16 && answer[7] == 1 ? answer[n - 1] : 0;
}

/* What a process in the box's network is told: of an address, or with port 0 of a name. */
static char seen_from(const struct test_box *b, const char *what, uint16_t port)
{
	int pipe_fds[2];
	char letter = '?';
	pid_t pid;

	assert_int_equal(pipe(pipe_fds), 0);
	pid = fork();
	if (pid == 0) {
		if (enter(&b->project))
			letter = port ? read_letter(what, port) : ask_name(what);
		(void)!write(pipe_fds[1], &letter, 1);
		_exit(0);
	}
	close(pipe_fds[1]);
	assert_int_equal(read(pipe_fds[0], &letter, 1), 1);
	close(pipe_fds[0]);
	waitpid(pid, NULL, 0);
	return letter;
}

static void wait_for_no_socket(const char *project)
{
	cleanup_free char *path = xasprintf("%s/%s", directory, project);

	for (int i = 0; i < 1500 && access(path, F_OK) == 0; i++)
		usleep(20000);
	assert_int_equal(access(path, F_OK), -1);
}

static bool same_network(const struct test_box *a, const struct test_box *b)
{
	struct stat x, y;

	assert_int_equal(fstat(a->project.netns, &x), 0);
	assert_int_equal(fstat(b->project.netns, &y), 0);
	return x.st_ino == y.st_ino && x.st_dev == y.st_dev;
}

static void boxes_share_a_network_until_the_last_has_ended(void **state)
{
	struct test_box a = start_box("net-a", "", 'a'), b = start_box("net-a", "", 0),
			other = start_box("net-other", "", 0);

	(void)state;
	assert_int_equal(a.number, NETWORK_SHARED);
	assert_true(same_network(&a, &b));
	assert_false(same_network(&a, &other));
	assert_int_equal(seen_from(&b, "127.0.0.1", PORT), 'a');
	assert_int_equal(seen_from(&b, "10.0.2.15", PORT), 'a');
	end_box(&a);
	assert_int_equal(seen_from(&b, "127.0.0.1", PORT), 'R');
	a = start_box("net-a", "", 'A');
	assert_true(same_network(&a, &b));
	end_box(&b);
	end_box(&a);
	wait_for_no_socket("net-a");
	end_box(&other);
	wait_for_no_socket("net-other");
}

static void services_have_networks_of_their_own_and_reach_each_other(void **state)
{
	struct test_box db = start_box("net-s", "db", 'd'), box = start_box("net-s", "", 'b'),
			web = start_box("net-s", "web", 'w'), other = start_box("net-t", "db", 'x');

	(void)state;
	assert_int_equal(db.number, NETWORK_FIRST);
	assert_int_equal(web.number, NETWORK_FIRST + 1);
	/* each by its address and by its name, from each; loopback is its own */
	assert_int_equal(seen_from(&box, "10.0.2.128", PORT), 'd');
	assert_int_equal(seen_from(&box, "10.0.2.129", PORT), 'w');
	assert_int_equal(seen_from(&web, "10.0.2.128", PORT), 'd');
	assert_int_equal(seen_from(&web, "10.0.2.129", PORT), 'w');
	assert_int_equal(seen_from(&web, "127.0.0.1", PORT), 'w');
	assert_int_equal(seen_from(&web, "10.0.2.15", PORT), 'b');
	assert_int_equal(seen_from(&web, "10.0.2.128", PORT + 1), 'R');
	assert_int_equal((uint8_t)seen_from(&box, "web", 0), NETWORK_FIRST + 1);
	assert_int_equal((uint8_t)seen_from(&web, "DB", 0), NETWORK_FIRST);
	/* another project has its own of that name and address */
	assert_int_equal(seen_from(&other, "10.0.2.128", PORT), 'x');
	assert_int_not_equal(seen_from(&other, "10.0.2.129", PORT), 'w');
	/* it comes back under its address, which the others still know */
	end_box(&db);
	db = start_box("net-s", "db", 'D');
	assert_int_equal(db.number, NETWORK_FIRST);
	assert_int_equal(seen_from(&box, "10.0.2.128", PORT), 'D');
	assert_int_equal(seen_from(&web, "10.0.2.128", PORT), 'D');
	/* so does the network that is shared, after its last box */
	end_box(&box);
	box = start_box("net-s", "", 'B');
	assert_int_equal(seen_from(&web, "10.0.2.15", PORT), 'B');
	assert_int_equal(seen_from(&box, "10.0.2.129", PORT), 'w');
	end_box(&db);
	end_box(&box);
	end_box(&web);
	wait_for_no_socket("net-s");
	end_box(&other);
	wait_for_no_socket("net-t");
}

/* Starts boxes in one of three networks, and is killed, or ends its box, after a random time. */
static void storm(unsigned seed)
{
	static const char *const networks[] = {"", "db", "web"};

	for (int i = 0; i < ROUNDS; i++) {
		bool killed = rand_r(&seed) % 2;
		const char *network = networks[rand_r(&seed) % 3];
		pid_t pid = fork();
		struct err e = {0};
		struct test_box b;
		int status;

		if (pid == 0) {
			const char *failed = try_box("net-storm", network, 0, &b, &e);

			if (failed && !killed)
				fprintf(stderr, "%s: %s\n", failed, e.msg);
			end_box(&b);
			_exit(failed != NULL);
		}
		if (killed) {
			usleep((useconds_t)rand_r(&seed) % 6000);
			kill(pid, SIGKILL);
		}
		waitpid(pid, &status, 0);
		if (!killed && status != 0)
			_exit(1);
	}
	_exit(0);
}

static void launchers_that_come_go_and_are_killed_leave_nothing(void **state)
{
	int status;

	(void)state;
	for (unsigned i = 0; i < STORM; i++)
		if (fork() == 0)
			storm(i);
	for (int i = 0; i < STORM; i++) {
		assert_true(wait(&status) > 0);
		assert_int_equal(status, 0);
	}
	wait_for_no_socket("net-storm");
}

/* What a holder leaves that was killed. */
static void leave_socket(const char *name)
{
	struct sockaddr_un addr = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_SEQPACKET, 0);

	snprintf(addr.sun_path, sizeof(addr.sun_path), "%s/%s", directory, name);
	assert_int_equal(bind(fd, (struct sockaddr *)&addr, sizeof(addr)), 0);
	assert_int_equal(listen(fd, 1), 0);
	close(fd);
}

static void a_socket_without_a_holder_is_replaced_or_removed(void **state)
{
	cleanup_close int dir = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct test_box a, b;

	(void)state;
	leave_socket("net-k");
	leave_socket("net-l");
	a = start_box("net-k", "", 0);
	gateway_sweep(dir);
	assert_int_equal(faccessat(dir, "net-l", F_OK, 0), -1);
	b = start_box("net-k", "", 0);
	assert_true(same_network(&a, &b));
	end_box(&a);
	end_box(&b);
	wait_for_no_socket("net-k");
}

static bool can_make_namespaces(void)
{
	int status = 1;
	pid_t pid = fork();

	if (pid == 0)
		_exit(unshare(CLONE_NEWUSER | CLONE_NEWNET) < 0);
	return waitpid(pid, &status, 0) == pid && status == 0;
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(boxes_share_a_network_until_the_last_has_ended),
		cmocka_unit_test(services_have_networks_of_their_own_and_reach_each_other),
		cmocka_unit_test(a_socket_without_a_holder_is_replaced_or_removed),
		cmocka_unit_test(launchers_that_come_go_and_are_killed_leave_nothing),
	};
	char self[PATH_MAX] = "";
	struct err ignored;
	int r;

	if (!can_make_namespaces()) {
		printf("skipped: no network namespaces here\n");
		return 0;
	}
	if (readlink("/proc/self/exe", self, sizeof(self) - 1) < 0 || !mkdtemp(directory))
		return 1;
	snprintf(program, sizeof(program), "%.3900s/../../libexec/sandbox/%s", dirname(self),
		 GATEWAY_PROGRAM);
	r = cmocka_run_group_tests(tests, NULL, NULL);
	file_remove_tree(AT_FDCWD, directory, &ignored);
	return r;
}
