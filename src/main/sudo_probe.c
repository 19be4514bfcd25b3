/*
 * sudo_probe.c - does a service answer?
 *
 * A service is asked at its own loopback: the program is static and looks up no names.
 */
#include "main/sudo_probe.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/mem.h"

#define REST_MAX (1u << 20) /* of a larger answer the rest is not waited for */

static int connect_v4(struct in_addr address, unsigned short port)
{
	struct sockaddr_in to = {
		.sin_family = AF_INET, .sin_addr = address, .sin_port = htons(port)};
	cleanup_close int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd < 0 || connect(fd, (struct sockaddr *)&to, sizeof(to)) < 0)
		return -1;
	return take_fd(&fd);
}

static int connect_v6(struct in6_addr address, unsigned short port)
{
	struct sockaddr_in6 to = {
		.sin6_family = AF_INET6, .sin6_addr = address, .sin6_port = htons(port)};
	cleanup_close int fd = socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd < 0 || connect(fd, (struct sockaddr *)&to, sizeof(to)) < 0)
		return -1;
	return take_fd(&fd);
}

static int connect_local(unsigned short port)
{
	int fd = connect_v4((struct in_addr){htonl(INADDR_LOOPBACK)}, port);

	return fd >= 0 ? fd : connect_v6((struct in6_addr)IN6ADDR_LOOPBACK_INIT, port);
}

static int connect_to(const char *host, unsigned short port)
{
	struct in_addr v4;

	return inet_pton(AF_INET, host, &v4) == 1 ? connect_v4(v4, port) : connect_local(port);
}

/* "HTTP/1.1 200 OK" */
static int read_status(int fd)
{
	char line[64];
	size_t n = 0;
	ssize_t got;
	int status;

	while (n < sizeof(line) - 1 && (got = read(fd, line + n, sizeof(line) - 1 - n)) > 0)
		n += (size_t)got;
	line[n] = '\0';
	return sscanf(line, "HTTP/1.%*d %d", &status) == 1 ? status : 599;
}

/* A server that is hung up on in the middle of its answer says so in its log. */
static void read_rest(int fd)
{
	static const struct timeval wait = {.tv_sec = 1};
	char rest[4096];

	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof(wait));
	for (size_t n = 0; n < REST_MAX; n += sizeof(rest))
		if (read(fd, rest, sizeof(rest)) <= 0)
			return;
}

static unsigned short port_of(const char *text)
{
	return (unsigned short)strtoul(text, NULL, 10);
}

static int probe_http(const char *url)
{
	cleanup_free char *host = xstrdup(url + strlen("http://")), *request = NULL;
	const char *path = url + strlen("http://") + strcspn(host, "/");
	cleanup_close int fd = -1;
	char *port;
	int status;

	host[strcspn(host, "/")] = '\0';
	request = xasprintf("GET %s HTTP/1.1\r\nHost: %s\r\nConnection: close\r\n"
			    "User-Agent: sandbox\r\n\r\n",
			    *path ? path : "/", host);
	port = strchr(host, ':');
	if (port)
		*port++ = '\0';
	fd = connect_to(host, port ? port_of(port) : 80);
	if (fd < 0 || write_all(fd, request, strlen(request)) < 0)
		return 1;
	status = read_status(fd);
	read_rest(fd);
	return status >= 400;
}

int probe(const char *kind, const char *text)
{
	cleanup_close int fd = -1;

	if (streq(kind, "http"))
		return probe_http(text);
	fd = connect_local(port_of(text));
	return fd < 0;
}
