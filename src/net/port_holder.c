/*
 * port_holder.c - who has a port of the host, as /proc tells: proc_pid_net(5).
 */
#include "net/port_holder.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/dir.h"
#include "base/file.h"
#include "base/mem.h"

#define SOCKETS_MAX (16u << 20) /* of a table: 150 bytes a socket */
#define LISTENS	    0x0a	/* TCP_LISTEN of the kernel */
#define UNCONNECTED 0x07	/* TCP_CLOSE: as UDP sockets are */

struct holder {
	unsigned long inode;
	uid_t uid;
};

/* One line of a table: "sl local:port remote:port st tx:rx tr:tm retransmits uid timeout inode". */
static bool read_line(const char *line, unsigned state, uint16_t port, struct holder *ret)
{
	unsigned found_port, found_state, uid;
	unsigned long inode;

	if (sscanf(line, " %*u: %*[0-9A-F]:%x %*[0-9A-F]:%*x %x %*x:%*x %*x:%*x %*x %u %*u %lu",
		   &found_port, &found_state, &uid, &inode) != 4 ||
	    found_port != port || found_state != state)
		return false;
	*ret = (struct holder){inode, uid};
	return true;
}

static bool find_in(const char *table, unsigned state, uint16_t port, struct holder *ret)
{
	cleanup_buf struct buf text = BUF_INIT;
	struct err ignored;
	bool found = false;

	if (file_read(AT_FDCWD, table, SOCKETS_MAX, &text, &ignored) < 0)
		return false;
	for (const char *line = text.data; *line && !found; line += strcspn(line, "\n")) {
		line += *line == '\n';
		found = read_line(line, state, port, ret);
	}
	return found;
}

/* Does the process have the socket? Of other users' processes that cannot be seen. */
static bool has_socket(const char *pid, const char *socket)
{
	cleanup_free char *path = xasprintf("/proc/%s/fd", pid);
	cleanup_dir struct dir d = {.fd = -1};
	struct err ignored;
	char link[64];

	if (dir_open(&d, AT_FDCWD, path, &ignored) < 0)
		return false;
	while (dir_next(&d, &ignored) > 0) {
		ssize_t n = readlinkat(dir_fd(&d), d.name, link, sizeof(link) - 1);

		if (n > 0 && (link[n] = '\0', streq(link, socket)))
			return true;
	}
	return false;
}

static bool find_process(const struct holder *h, char dst[static PORT_HOLDER_MAX])
{
	cleanup_free char *socket = xasprintf("socket:[%lu]", h->inode);
	cleanup_dir struct dir d = {.fd = -1};
	struct err ignored;

	if (dir_open(&d, AT_FDCWD, "/proc", &ignored) < 0)
		return false;
	while (dir_next(&d, &ignored) > 0) {
		cleanup_free char *path = xasprintf("/proc/%s/comm", d.name);
		cleanup_buf struct buf comm = BUF_INIT;
		char name[64];

		if (d.name[strspn(d.name, "0123456789")] || !has_socket(d.name, socket))
			continue;
		file_read(AT_FDCWD, path, 64, &comm, &ignored);
		if (comm.len && comm.data[comm.len - 1] == '\n')
			comm.data[comm.len - 1] = '\0';
		snprintf(dst, PORT_HOLDER_MAX, "process %s (%s)", d.name,
			 err_quote(name, sizeof(name), comm.data));
		return true;
	}
	return false;
}

const char *port_holder(bool udp, uint16_t port, char dst[static PORT_HOLDER_MAX])
{
	static const char *const tables[2][2] = {{"/proc/net/tcp", "/proc/net/tcp6"},
						 {"/proc/net/udp", "/proc/net/udp6"}};
	unsigned state = udp ? UNCONNECTED : LISTENS;
	struct holder h;

	if (!find_in(tables[udp][0], state, port, &h) && !find_in(tables[udp][1], state, port, &h))
		snprintf(dst, PORT_HOLDER_MAX, "another program");
	else if (find_process(&h, dst))
		return dst;
	else if (h.uid == geteuid()) /* a gateway cannot be looked into */
		snprintf(dst, PORT_HOLDER_MAX, "another box (see sandbox port --all)");
	else
		snprintf(dst, PORT_HOLDER_MAX, "a program of the user with uid %u", h.uid);
	return dst;
}
