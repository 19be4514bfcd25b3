/*
 * probe.c - one attempt at something, with a result of one word; for the attacks in
 * tests/bats/security_*.bats.
 *
 *	probe call NAME|NUMBER [ARG...]	a system call; an ARG is a number, or a string after "s:"
 *	probe join PID NAME [ARG...]	the same in the user and mount namespace of PID
 *	probe listen ADDRESS		prints "listening", then "reached" for each connection
 *	probe connect ADDRESS		connects
 *	probe hold ADDRESS N SECONDS	keeps N connections open, printing how many it got
 *	probe garble ADDRESS N		sends N packets of noise, each on a connection of its own
 *	probe session ADDRESS FLAGS N	asks for a session with N descriptors, prints the answer,
 *					and "left open" if one of them is kept
 *	probe mounts ADDRESS		asks for the mount namespace: prints "given" or "no answer"
 *	probe trace PID			tries all ways into a process that ptrace(2) guards
 *	probe key COMMAND...		puts a key into the session keyring, runs COMMAND
 *
 * ADDRESS is @NAME (abstract), a path, or a port on the loopback. Prints ok or the name of an errno
 * and exits with 0 or 1.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <unistd.h>

#include "launch/protocol.h"

static const struct {
	const char *name;
	long nr;
} calls[] = {
	{"bpf", SYS_bpf},
	{"add_key", SYS_add_key},
	{"keyctl", SYS_keyctl},
	{"request_key", SYS_request_key},
	{"userfaultfd", SYS_userfaultfd},
	{"io_uring_setup", SYS_io_uring_setup},
	{"perf_event_open", SYS_perf_event_open},
	{"open_by_handle_at", SYS_open_by_handle_at},
	{"socket", SYS_socket},
	{"ioctl", SYS_ioctl},
	{"mount", SYS_mount},
	{"umount2", SYS_umount2},
	{"pivot_root", SYS_pivot_root},
	{"unshare", SYS_unshare},
	{"setns", SYS_setns},
	{"clone3", SYS_clone3},
	{"chroot", SYS_chroot},
	{"kill", SYS_kill},
	{"setxattr", SYS_setxattr},
};

static int answer(long r)
{
	puts(r < 0 ? strerrorname_np(errno) : "ok");
	return r < 0;
}

static int try_call(int argc, char **argv)
{
	long args[6] = {0}, nr = -1;

	for (size_t i = 0; i < sizeof(calls) / sizeof(*calls); i++)
		if (strcmp(calls[i].name, argv[0]) == 0)
			nr = calls[i].nr;
	if (nr < 0)
		nr = strtol(argv[0], NULL, 0);
	for (int i = 1; i < argc && i <= 6; i++)
		args[i - 1] = strncmp(argv[i], "s:", 2) == 0 ? (long)(argv[i] + 2)
							     : (long)strtoull(argv[i], NULL, 0);
	return answer(syscall(nr, args[0], args[1], args[2], args[3], args[4], args[5]));
}

/* Not by nsenter(1): a process that is not uid 0 there loses all rights at execve(2). */
static int join(pid_t pid)
{
	int fd = (int)syscall(SYS_pidfd_open, pid, 0);

	return fd < 0 ? fd : setns(fd, CLONE_NEWUSER | CLONE_NEWNS);
}

/* Makes a socket for the address, and returns its sockaddr. */
static int make_socket(const char *address, int type, struct sockaddr_storage *ret, socklen_t *len)
{
	struct sockaddr_un *un = (struct sockaddr_un *)ret;
	struct sockaddr_in *in = (struct sockaddr_in *)ret;

	memset(ret, 0, sizeof(*ret));
	if (address[0] != '@' && !strchr(address, '/')) {
		in->sin_family = AF_INET;
		in->sin_port = htons((in_port_t)strtoul(address, NULL, 10));
		in->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
		*len = sizeof(*in);
		return socket(AF_INET, SOCK_STREAM, 0);
	}
	un->sun_family = AF_UNIX;
	snprintf(un->sun_path, sizeof(un->sun_path), "%s", address);
	*len = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + strlen(un->sun_path));
	if (address[0] == '@')
		un->sun_path[0] = '\0';
	else
		*len += 1;
	return socket(AF_UNIX, type, 0);
}

static int connect_to(const char *address, int type)
{
	struct sockaddr_storage ss;
	socklen_t len;
	int fd = make_socket(address, type, &ss, &len);

	return fd < 0 || connect(fd, (struct sockaddr *)&ss, len) < 0 ? -1 : fd;
}

static int listen_on(const char *address)
{
	struct sockaddr_storage ss;
	socklen_t len;
	int fd = make_socket(address, SOCK_STREAM, &ss, &len);

	if (fd < 0 || bind(fd, (struct sockaddr *)&ss, len) < 0 || listen(fd, 8) < 0)
		return answer(-1);
	setlinebuf(stdout);
	puts("listening");
	for (;;) {
		int got = accept(fd, NULL, NULL);

		if (got < 0)
			return 1;
		puts("reached");
		close(got);
	}
}

static int hold(const char *address, int n, unsigned seconds)
{
	int got = 0;

	alarm(seconds); /* connect(2) blocks while the backlog is full */
	setlinebuf(stdout);
	for (; got < n; got++) {
		if (connect_to(address, SOCK_SEQPACKET) < 0)
			break;
		if (got % 64 == 63)
			printf("held %d\n", got + 1);
	}
	printf("held %d\n", got);
	pause();
	return 0;
}

static int garble(const char *address, int n)
{
	unsigned char noise[4096];
	uint32_t magic = PROTOCOL_MAGIC;
	unsigned seed = 1;

	for (int i = 0; i < n; i++) {
		int fd = connect_to(address, SOCK_SEQPACKET);

		if (fd < 0)
			return answer(-1);
		for (size_t j = 0; j < sizeof(noise); j++)
			noise[j] = (unsigned char)rand_r(&seed);
		memcpy(noise, &magic, sizeof(magic));
		noise[4] %= 9; /* a type that may exist */
		noise[5] = noise[6] = noise[7] = 0;
		(void)!send(fd, noise, (size_t)(i % 64), MSG_NOSIGNAL);
		close(fd);
	}
	return answer(0);
}

/* All N are one pipe, whose end shows that the other side has closed them. */
static int ask_session(const char *address, uint32_t flags, int n)
{
	struct message m = {.type = MESSAGE_SESSION, .session.flags = flags};
	int fd = connect_to(address, SOCK_SEQPACKET), fds[PROTOCOL_MAX_FDS], got, pipefd[2], r;
	struct pollfd end = {0};

	if (fd < 0 || pipe2(pipefd, O_CLOEXEC) < 0 || n > PROTOCOL_MAX_FDS)
		return answer(-1);
	for (int i = 0; i < n; i++)
		fds[i] = pipefd[1];
	if (message_send(fd, &m, fds, n, 0) < 0)
		return answer(-1);
	close(pipefd[1]);
	r = message_receive(fd, &m, fds, &got, 0);
	puts(r != 1 ? "no answer" : m.type == MESSAGE_ERROR ? m.error.msg : "accepted");
	end.fd = pipefd[0];
	while ((r = poll(&end, 1, 2000)) == 1 && end.revents & POLLIN)
		(void)!read(pipefd[0], &m, sizeof(m)); /* the report of a session */
	if (r == 0)
		puts("left open");
	return 0;
}

static int ask_mounts(const char *address)
{
	struct message m = {.type = MESSAGE_MOUNTS};
	int fd = connect_to(address, SOCK_SEQPACKET), fds[PROTOCOL_MAX_FDS], got = 0;

	if (fd < 0 || message_send(fd, &m, NULL, 0, 0) < 0)
		return answer(-1);
	puts(message_receive(fd, &m, fds, &got, 0) == 1 && got > 0 ? "given" : "no answer");
	return 0;
}

static int trace(pid_t pid)
{
	char byte;
	struct iovec local = {&byte, 1}, remote = {(void *)0x1000, 1};
	int pidfd = (int)syscall(SYS_pidfd_open, pid, 0), bad = 0;

	printf("attach ");
	bad |= !answer(ptrace(PTRACE_ATTACH, pid, NULL, NULL));
	printf("seize ");
	bad |= !answer(ptrace(PTRACE_SEIZE, pid, NULL, NULL));
	printf("readv ");
	bad |= !answer(process_vm_readv(pid, &local, 1, &remote, 1, 0));
	printf("writev ");
	bad |= !answer(process_vm_writev(pid, &local, 1, &remote, 1, 0));
	for (int fd = 0; fd < 16; fd++)
		if (syscall(SYS_pidfd_getfd, pidfd, fd, 0) >= 0)
			bad |= printf("descriptor %d taken\n", fd);
	return bad;
}

static int with_key(char **argv)
{
	/* KEYCTL_JOIN_SESSION_KEYRING, KEY_SPEC_SESSION_KEYRING; keyctl(2) */
	if (syscall(SYS_keyctl, 1, NULL) < 0 ||
	    syscall(SYS_add_key, "user", "sandbox-canary", "secret", 6, -3) < 0)
		return answer(-1);
	execvp(argv[0], argv);
	return answer(-1);
}

int main(int argc, char **argv)
{
	const char *what = argc > 2 ? argv[1] : "";

	if (strcmp(what, "call") == 0)
		return try_call(argc - 2, argv + 2);
	if (strcmp(what, "join") == 0 && argc > 3)
		return join((pid_t)strtol(argv[2], NULL, 10)) < 0 ? answer(-1)
								  : try_call(argc - 3, argv + 3);
	if (strcmp(what, "listen") == 0)
		return listen_on(argv[2]);
	if (strcmp(what, "connect") == 0)
		return answer(connect_to(argv[2], SOCK_STREAM));
	if (strcmp(what, "hold") == 0 && argc == 5)
		return hold(argv[2], (int)strtol(argv[3], NULL, 10),
			    (unsigned)strtoul(argv[4], NULL, 10));
	if (strcmp(what, "garble") == 0 && argc == 4)
		return garble(argv[2], (int)strtol(argv[3], NULL, 10));
	if (strcmp(what, "session") == 0 && argc == 5)
		return ask_session(argv[2], (uint32_t)strtoul(argv[3], NULL, 0),
				   (int)strtol(argv[4], NULL, 10));
	if (strcmp(what, "mounts") == 0)
		return ask_mounts(argv[2]);
	if (strcmp(what, "trace") == 0)
		return trace((pid_t)strtol(argv[2], NULL, 10));
	if (strcmp(what, "key") == 0)
		return with_key(argv + 2);
	fprintf(stderr, "usage: see probe.c\n");
	return 2;
}
