/*
 * wire.c - the traffic of bench/net: a server, clients that measure, and a relay to compare with.
 *
 *	wire serve ADDRESS...			until it is killed
 *	wire relay LISTEN TO			TCP by splice(2), a process a connection
 *	wire up|down HOST SECONDS		one TCP stream: Gbit/s
 *	wire rate HOST SECONDS AT_ONCE		connect, a byte there and back, reset: connections a second, the
 *						median of connect(2) if AT_ONCE is 1, or 0, the processor time
 *						of all of it here, in µs, and how many there were
 *	wire hold HOST N			as many connections at once: how many; until stdin ends
 *	wire udp HOST SECONDS			datagrams of 1400 bytes from the server, by GSO and GRO, as QUIC
 *						sends them: Gbit/s that arrived
 *	wire dns SERVER N			a query on a new socket each: the median, µs
 *
 * A port says what the server does. Ends with 1 when anything failed.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <netinet/udp.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { PORT_SINK = 7001, PORT_SOURCE, PORT_ECHO, PORT_UDP, PORT_DNS = 53 };

#define SEGMENT	  1400
#define SEGMENTS  44 /* of one send, below 64 KiB */
#define BURST	  16 /* sends that the client asks for at once: 1 MB */
#define CHUNK	  (1 << 18)
#define EVENTS	  256
#define ASK_AGAIN 5	  /* times, a query or its answer may be lost */
#define MEDIAN_OF 1000000 /* connections, at most */

static char data[CHUNK];

static _Noreturn void die(const char *what)
{
	fprintf(stderr, "wire: %s: %s\n", what, strerror(errno));
	exit(1);
}

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static socklen_t parse(const char *host, int port, struct sockaddr_storage *ret)
{
	struct sockaddr_in *in = (struct sockaddr_in *)ret;
	struct sockaddr_in6 *in6 = (struct sockaddr_in6 *)ret;

	memset(ret, 0, sizeof(*ret));
	if (inet_pton(AF_INET, host, &in->sin_addr) == 1) {
		in->sin_family = AF_INET;
		in->sin_port = htons((uint16_t)port);
		return sizeof(*in);
	}
	if (inet_pton(AF_INET6, host, &in6->sin6_addr) != 1) {
		errno = EINVAL;
		die(host);
	}
	in6->sin6_family = AF_INET6;
	in6->sin6_port = htons((uint16_t)port);
	return sizeof(*in6);
}

/* The processor time of this process, µs. */
static double used(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

static void set(int fd, int level, int option, int value)
{
	setsockopt(fd, level, option, &value, sizeof(value));
}

/* Ends a connection at once, so that no port waits. */
static void reset(int fd)
{
	struct linger l = {.l_onoff = 1};

	setsockopt(fd, SOL_SOCKET, SO_LINGER, &l, sizeof(l));
	close(fd);
}

static int listen_on(const char *host, int port, int type)
{
	struct sockaddr_storage sa;
	socklen_t size = parse(host, port, &sa);
	int fd = socket(sa.ss_family, type, 0);

	set(fd, SOL_SOCKET, SO_REUSEADDR, 1);
	set(fd, SOL_IPV6, IPV6_V6ONLY, 1);
	if (fd < 0 || bind(fd, (struct sockaddr *)&sa, size) < 0 ||
	    (type == SOCK_STREAM && listen(fd, 65535) < 0))
		die("listen");
	return fd;
}

static int connect_to(const char *host, int port, int type)
{
	struct sockaddr_storage sa;
	socklen_t size = parse(host, port, &sa);
	int fd = socket(sa.ss_family, type, 0);

	if (fd < 0 || connect(fd, (struct sockaddr *)&sa, size) < 0)
		die("connect");
	return fd;
}

/* A child that ends with this process. True in it. */
static bool fork_child(void)
{
	pid_t pid = fork();

	if (pid < 0)
		die("fork");
	if (pid == 0)
		prctl(PR_SET_PDEATHSIG, SIGKILL);
	return pid == 0;
}

/* The server ------------------------------------------------------------------------------------ */

static _Noreturn void serve_streams(int listener, bool source)
{
	for (;;) {
		int fd = accept(listener, NULL, NULL);

		if (fd < 0 || !fork_child()) {
			close(fd);
			continue;
		}
		while ((source ? send(fd, data, CHUNK, MSG_NOSIGNAL) : read(fd, data, CHUNK)) > 0)
			;
		if (!source)
			(void)!write(fd, "", 1); /* all has arrived */
		_exit(0);
	}
}

static void accept_all(int epoll, int listener)
{
	int fd;

	while ((fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK)) >= 0) {
		struct epoll_event e = {.events = EPOLLIN, .data.fd = fd};

		set(fd, SOL_TCP, TCP_NODELAY, 1);
		epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &e);
	}
}

static _Noreturn void serve_echo(int listener)
{
	int epoll = epoll_create1(0);
	struct epoll_event e = {.events = EPOLLIN, .data.fd = listener}, events[EVENTS];

	fcntl(listener, F_SETFL, O_NONBLOCK);
	epoll_ctl(epoll, EPOLL_CTL_ADD, listener, &e);
	for (;;) {
		int n = epoll_wait(epoll, events, EVENTS, -1);

		for (int i = 0; i < n; i++) {
			int fd = events[i].data.fd;
			ssize_t len;

			if (fd == listener) {
				accept_all(epoll, listener);
				continue;
			}
			len = read(fd, data, CHUNK);
			if (len > 0)
				(void)!send(fd, data, (size_t)len, MSG_NOSIGNAL);
			else if (len == 0 || errno != EAGAIN)
				close(fd);
		}
	}
}

static _Noreturn void serve_datagrams(int fd)
{
	struct sockaddr_storage from;

	set(fd, SOL_SOCKET, SO_SNDBUF, 8 << 20);
	set(fd, SOL_UDP, UDP_SEGMENT, SEGMENT);
	for (;;) {
		socklen_t size = sizeof(from);

		if (recvfrom(fd, data, 1, 0, (struct sockaddr *)&from, &size) < 0)
			continue;
		for (int i = 0; i < BURST; i++)
			sendto(fd, data, (size_t)SEGMENTS * SEGMENT, 0, (struct sockaddr *)&from,
			       size);
	}
}

/* Answers each query with one address. */
static _Noreturn void serve_names(int fd)
{
	static const char answer[] = "\xc0\x0c\0\1\0\1\0\0\0\x3c\0\4\xcb\0\x71\x0a";
	struct sockaddr_storage from;

	for (;;) {
		socklen_t size = sizeof(from);
		ssize_t n = recvfrom(fd, data, 512, 0, (struct sockaddr *)&from, &size);

		if (n < 12)
			continue;
		data[2] = (char)0x81;
		data[3] = (char)0x80;
		data[7] = 1;
		memcpy(data + n, answer, sizeof(answer) - 1);
		sendto(fd, data, (size_t)n + sizeof(answer) - 1, 0, (struct sockaddr *)&from, size);
	}
}

static int serve(char **hosts)
{
	signal(SIGCHLD, SIG_IGN);
	for (; *hosts; hosts++) {
		int sink = listen_on(*hosts, PORT_SINK, SOCK_STREAM);
		int source = listen_on(*hosts, PORT_SOURCE, SOCK_STREAM);
		int echo = listen_on(*hosts, PORT_ECHO, SOCK_STREAM);
		int udp = listen_on(*hosts, PORT_UDP, SOCK_DGRAM);
		int dns = listen_on(*hosts, PORT_DNS, SOCK_DGRAM);

		if (fork_child())
			serve_streams(sink, false);
		if (fork_child())
			serve_streams(source, true);
		if (fork_child())
			serve_echo(echo);
		if (fork_child())
			serve_datagrams(udp);
		if (fork_child())
			serve_names(dns);
	}
	puts("ready");
	fflush(stdout);
	for (;;)
		pause();
}

/* The relay --------------------------------------------------------------------------------------- */

static void carry(int from, int to)
{
	int pipe_fds[2];
	ssize_t n;

	if (pipe(pipe_fds) < 0)
		die("pipe");
	fcntl(pipe_fds[1], F_SETPIPE_SZ, CHUNK);
	while ((n = splice(from, NULL, pipe_fds[1], NULL, CHUNK, SPLICE_F_MOVE)) > 0)
		while (n > 0) {
			ssize_t sent = splice(pipe_fds[0], NULL, to, NULL, (size_t)n,
					      SPLICE_F_MOVE);

			if (sent <= 0)
				_exit(1);
			n -= sent;
		}
	shutdown(to, SHUT_WR);
}

static int relay_port(const char *listen_host, const char *to, int port)
{
	int listener = listen_on(listen_host, port, SOCK_STREAM);

	for (;;) {
		int in = accept(listener, NULL, NULL), out;

		if (in < 0 || !fork_child()) {
			close(in);
			continue;
		}
		out = connect_to(to, port, SOCK_STREAM);
		if (fork_child()) {
			carry(in, out);
			_exit(0);
		}
		carry(out, in);
		wait(NULL);
		_exit(0);
	}
}

static int relay(const char *listen_host, const char *to)
{
	signal(SIGPIPE, SIG_IGN);
	for (int port = PORT_SINK; port <= PORT_SOURCE; port++)
		if (fork_child())
			return relay_port(listen_host, to, port);
	puts("ready");
	fflush(stdout);
	for (;;)
		pause();
}

/* Clients ----------------------------------------------------------------------------------------- */

static int stream(const char *host, double seconds, bool down)
{
	int fd = connect_to(host, down ? PORT_SOURCE : PORT_SINK, SOCK_STREAM);
	double begun = now();
	long long moved = 0;

	while (now() - begun < seconds) {
		ssize_t n = down ? read(fd, data, CHUNK) : write(fd, data, CHUNK);

		if (n <= 0)
			die("stream");
		moved += n;
	}
	if (!down) {
		shutdown(fd, SHUT_WR);
		if (read(fd, data, 1) != 1)
			die("stream");
	}
	printf("%.3f\n", (double)moved * 8 / (now() - begun) / 1e9);
	return 0;
}

static int by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static double median(double *v, int n)
{
	qsort(v, (size_t)n, sizeof(*v), by_value);
	return v[n / 2];
}

static int rate_single(const char *host, double seconds)
{
	double *took = calloc(MEDIAN_OF, sizeof(*took)), begun = now(), start;
	int n = 0;

	while ((start = now()) - begun < seconds && n < MEDIAN_OF) {
		int fd = connect_to(host, PORT_ECHO, SOCK_STREAM);

		took[n++] = now() - start;
		if (write(fd, data, 1) != 1 || read(fd, data, 1) != 1)
			die("echo");
		reset(fd);
	}
	printf("%.0f ", n / (now() - begun));
	printf("%.1f %.0f %d\n", median(took, n) * 1e6, used(), n);
	return 0;
}

static void start_connection(int epoll, const char *host)
{
	struct sockaddr_storage sa;
	socklen_t size = parse(host, PORT_ECHO, &sa);
	int fd = socket(sa.ss_family, SOCK_STREAM | SOCK_NONBLOCK, 0);
	struct epoll_event e = {.events = EPOLLOUT, .data.fd = fd};

	if (fd < 0 || (connect(fd, (struct sockaddr *)&sa, size) < 0 && errno != EINPROGRESS))
		die("connect");
	epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &e);
}

/* True when it has had its answer. */
static bool go_on(int epoll, struct epoll_event *e)
{
	if (e->events & EPOLLIN) {
		if (read(e->data.fd, data, 1) != 1)
			die("echo");
		reset(e->data.fd);
		return true;
	}
	if (write(e->data.fd, data, 1) != 1)
		die("connect");
	e->events = EPOLLIN;
	epoll_ctl(epoll, EPOLL_CTL_MOD, e->data.fd, e);
	return false;
}

static int rate(const char *host, double seconds, int at_once)
{
	int epoll = epoll_create1(0), begun_n = 0, done = 0;
	struct epoll_event events[EVENTS];
	double begun = now();

	if (at_once == 1)
		return rate_single(host, seconds);
	for (;;) {
		bool more = now() - begun < seconds;
		int ready;

		while (more && begun_n - done < at_once) {
			start_connection(epoll, host);
			begun_n++;
		}
		if (done == begun_n)
			break;
		ready = epoll_wait(epoll, events, EVENTS, 10000);
		if (ready <= 0) {
			errno = ETIMEDOUT;
			die("rate");
		}
		for (int i = 0; i < ready; i++)
			done += go_on(epoll, &events[i]);
	}
	printf("%.0f 0 %.0f %d\n", done / (now() - begun), used(), done);
	return 0;
}

static int hold(const char *host, int n)
{
	for (int i = 0; i < n; i++) {
		int fd = connect_to(host, PORT_ECHO, SOCK_STREAM);

		if (write(fd, data, 1) != 1 || read(fd, data, 1) != 1)
			die("echo");
	}
	printf("%d\n", n);
	fflush(stdout);
	while (read(0, data, 1) > 0)
		;
	return 0;
}

static int datagrams(const char *host, double seconds)
{
	int fd = connect_to(host, PORT_UDP, SOCK_DGRAM);
	struct pollfd p = {.fd = fd, .events = POLLIN};
	double begun = now();
	long long got = 0;

	set(fd, SOL_SOCKET, SO_RCVBUF, 8 << 20);
	set(fd, SOL_UDP, UDP_GRO, 1);
	while (now() - begun < seconds) {
		long long want = got + (long long)BURST * SEGMENTS * SEGMENT;

		if (send(fd, "g", 1, 0) < 0)
			die("udp");
		while (got < want && poll(&p, 1, 30) > 0) {
			ssize_t n = recv(fd, data, CHUNK, 0);

			if (n < 0)
				die("udp");
			got += n;
		}
	}
	printf("%.3f\n", (double)got * 8 / (now() - begun) / 1e9);
	return got == 0;
}

static int names(const char *server, int n)
{
	static const char query[] = "\1\2\1\0\0\1\0\0\0\0\0\0\4name\4test\0\0\1\0\1";
	double *took = calloc((size_t)n, sizeof(*took));

	for (int i = 0; i < n; i++) {
		double start = now();
		int fd = connect_to(server, PORT_DNS, SOCK_DGRAM), tries = ASK_AGAIN;
		struct pollfd p = {.fd = fd, .events = POLLIN};

		do
			if (send(fd, query, sizeof(query) - 1, 0) < 0)
				die("dns");
		while (poll(&p, 1, 1000) == 0 && tries-- > 0);
		if (recv(fd, data, 512, MSG_DONTWAIT) < 30)
			die("dns");
		close(fd);
		took[i] = now() - start;
	}
	printf("%.1f\n", median(took, n) * 1e6);
	return 0;
}

static void use_all_descriptors(void)
{
	struct rlimit l;

	getrlimit(RLIMIT_NOFILE, &l);
	l.rlim_cur = l.rlim_max;
	setrlimit(RLIMIT_NOFILE, &l);
}

int main(int argc, char **argv)
{
	const char *what = argc > 2 ? argv[1] : "", *third = argc > 3 ? argv[3] : "0";

	use_all_descriptors();
	if (strcmp(what, "serve") == 0)
		return serve(argv + 2);
	if (strcmp(what, "relay") == 0)
		return relay(argv[2], third);
	if (strcmp(what, "up") == 0 || strcmp(what, "down") == 0)
		return stream(argv[2], atof(third), strcmp(what, "down") == 0);
	if (strcmp(what, "rate") == 0 && argc > 4)
		return rate(argv[2], atof(third), atoi(argv[4]));
	if (strcmp(what, "hold") == 0)
		return hold(argv[2], atoi(third));
	if (strcmp(what, "udp") == 0)
		return datagrams(argv[2], atof(third));
	if (strcmp(what, "dns") == 0)
		return names(argv[2], atoi(third));
	fputs("usage: see the top of wire.c\n", stderr);
	return 1;
}
