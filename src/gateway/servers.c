/*
 * servers.c - the host's name servers and its hosts(5), and when they change.
 *
 * resolv.conf is replaced rather than written, and is often a symlink into a directory of its own;
 * so directories are watched: that of the link, and that of what it led to at first. In a container
 * both files are mounts, so they are watched, too.
 */
#include "gateway/servers.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/file.h"
#include "base/mem.h"

#define RESOLV_CONF   "/etc/resolv.conf"
#define HOSTS	      "/etc/hosts"
#define SIZE_MAX_TEXT (64u << 10)
#define DNS_PORT      53
#define EVENTS	      (IN_CLOSE_WRITE | IN_MOVED_TO | IN_CREATE)

/* One address, which ends at white space. */
static bool parse_address(const char *text, struct endpoint *ret)
{
	char word[INET6_ADDRSTRLEN + 1];
	size_t len = strcspn(text, " \t\r\n#;");
	uint8_t addr[16];

	if (len >= sizeof(word))
		return false;
	memcpy(word, text, len);
	word[len] = '\0';
	if (inet_pton(AF_INET, word, addr) == 1)
		*ret = endpoint_ipv4(addr, htons(DNS_PORT));
	else if (inet_pton(AF_INET6, word, addr) == 1)
		*ret = endpoint_ipv6(addr, htons(DNS_PORT));
	else
		return false;
	return true;
}

void servers_parse(const char *text, struct gateway_servers *ret)
{
	static const char word[] = "nameserver";
	struct endpoint server;

	*ret = (struct gateway_servers){0};
	for (; *text; text += strcspn(text, "\n"), text += *text == '\n') {
		const char *value = text + strlen(word);

		if (!starts_with(text, word) || (*value != ' ' && *value != '\t'))
			continue;
		value += strspn(value, " \t");
		if (ret->n < GATEWAY_MAX_SERVERS && parse_address(value, &server))
			ret->at[ret->n++] = server;
	}
}

void servers_read(struct gateway_servers *ret)
{
	cleanup_buf struct buf text = BUF_INIT;
	struct err ignored;

	file_read(AT_FDCWD, RESOLV_CONF, SIZE_MAX_TEXT, &text, &ignored);
	servers_parse(text.data, ret);
	if (ret->n == 0)
		servers_parse("nameserver 127.0.0.1\n", ret);
}

int servers_open_hosts(void)
{
	struct err ignored;
	int fd = file_open_read(AT_FDCWD, HOSTS, HOSTS, &ignored);

	return fd < 0 ? -1 : fd;
}

static void watch_directory_of(int fd, const char *path)
{
	cleanup_free char *dir = xstrdup(path);

	*strrchr(dir, '/') = '\0';
	inotify_add_watch(fd, dir, EVENTS);
}

int servers_watch(void)
{
	cleanup_free char *real = realpath(RESOLV_CONF, NULL);
	int fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);

	if (fd < 0)
		return -1;
	inotify_add_watch(fd, RESOLV_CONF, EVENTS);
	inotify_add_watch(fd, HOSTS, EVENTS);
	watch_directory_of(fd, RESOLV_CONF);
	if (real && real[1])
		watch_directory_of(fd, real);
	return fd;
}

bool servers_changed(int watch)
{
	_Alignas(struct inotify_event) char data[4096];
	bool changed = false;
	ssize_t n;

	while ((n = read(watch, data, sizeof(data))) > 0)
		for (char *at = data; at < data + n;) {
			const struct inotify_event *event = (const struct inotify_event *)at;

			changed |= !event->len || starts_with(event->name, "resolv") ||
				   starts_with(event->name, "hosts") ||
				   starts_with(event->name, "stub-resolv");
			at += sizeof(*event) + event->len;
		}
	return changed;
}
