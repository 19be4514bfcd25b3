/*
 * gateway.c - the launcher's side of a gateway.
 */
#include "launch/gateway.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/socket.h>

#include "base/cleanup.h"
#include "base/spawn.h"
#include "gateway/channel.h"
#include "gateway/contract.h"

/* Duplicates a descriptor above those that the program gets, so that none overwrites another. */
static int above(int fd)
{
	return fcntl(fd, F_DUPFD_CLOEXEC, GATEWAY_END_FD);
}

int gateway_start(const char *program, const char *cache, int *ret_connection, struct err *e)
{
	static const char *const argv[] = {GATEWAY_PROGRAM, NULL}, *const envp[] = {NULL};
	struct spawn s = {.program = program,
			  .argv = argv,
			  .envp = envp,
			  .fds = {SPAWN_NULL, SPAWN_NULL, SPAWN_NULL, SPAWN_SAME, SPAWN_SAME}};
	cleanup_close int ours = -1, theirs = -1, control = -1, opened = -1, directory = -1;
	int pair[2], r;
	pid_t pid;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0)
		return err_sys(e, errno, "cannot make a connection to the gateway");
	ours = pair[0];
	theirs = pair[1];
	opened = open(cache, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (opened < 0)
		return err_sys(e, errno, "cannot open '%s'", cache);
	control = above(theirs);
	directory = above(opened);
	if (control < 0 || directory < 0)
		return err_sys(e, errno, "cannot duplicate a descriptor for the gateway");
	s.fds[GATEWAY_CONTROL_FD] = control;
	s.fds[GATEWAY_CACHE_FD] = directory;
	r = spawn_start(&s, &pid, e);
	if (r == 0)
		*ret_connection = take_fd(&ours);
	return r;
}

static int give(int connection, const int *fds, size_t n, struct err *e)
{
	int r = channel_send(connection, "", 1, fds, n);

	return r < 0 && r != -EPIPE && r != -ECONNRESET
		       ? err_sys(e, -r, "cannot send a message to the gateway")
		       : 0;
}

int gateway_give_project(int connection, const struct project *p, struct err *e)
{
	return give(connection, (int[]){p->userns, p->netns}, 2, e);
}

int gateway_give_box(int connection, int pidfd, struct err *e)
{
	return give(connection, &pidfd, 1, e);
}

int gateway_wait(int connection, int *ret_sysfs, struct err *e)
{
	struct err answer;
	int fds[CHANNEL_FDS];
	ssize_t n = channel_receive(connection, &answer, sizeof(answer), fds);

	if (n == sizeof(answer) && answer.code == 0 && fds[0] >= 0) {
		*ret_sysfs = fds[0];
		return 0;
	}
	close_fd(&fds[0]);
	if (n != sizeof(answer) || answer.code == 0)
		return err_set(e, ECONNRESET, "the gateway was killed while the box started");
	*e = answer;
	return err_add(e, "no network = gateway on this machine (see sandbox doctor)");
}
