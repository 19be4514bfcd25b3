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

/* A message and the descriptors that it must have; they are open only if it is no error. */
static int receive(int connection, int n_fds, int *ret_fds, struct err *e)
{
	struct err answer;
	ssize_t n = channel_receive(connection, &answer, sizeof(answer), ret_fds);

	if (n == sizeof(answer) && answer.code == 0 && ret_fds[n_fds - 1] >= 0)
		return 0;
	for (int i = 0; i < CHANNEL_FDS; i++)
		close_fd(&ret_fds[i]);
	if (n != sizeof(answer) || answer.code == 0)
		return err_set(e, ECONNRESET, "the gateway was killed while the box started");
	*e = answer;
	return err_add(e, "no network = gateway on this machine (see sandbox doctor)");
}

int gateway_receive_namespaces(int connection, int *ret_userns, int *ret_netns, struct err *e)
{
	int fds[CHANNEL_FDS], r = receive(connection, 2, fds, e);

	if (r < 0)
		return r;
	*ret_userns = fds[0];
	*ret_netns = fds[1];
	return 0;
}

int gateway_give_box(int connection, int pidfd, struct err *e)
{
	int r = channel_send(connection, "", 1, &pidfd, 1);

	/* If it is gone, it has left an error to be read. */
	return r < 0 && r != -EPIPE && r != -ECONNRESET
		       ? err_sys(e, -r, "cannot give the gateway its box")
		       : 0;
}

int gateway_wait(int connection, int *ret_sysfs, struct err *e)
{
	int fds[CHANNEL_FDS], r = receive(connection, 1, fds, e);

	if (r == 0)
		*ret_sysfs = fds[0];
	return r;
}
