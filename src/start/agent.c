/*
 * agent.c - the ssh agent of a session that joins a running box.
 *
 * The box has a host directory of sockets, read-only. A process of the client relays connections on
 * them to the agent, and ends with the client.
 */
#include "start/agent.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/log.h"
#include "base/path.h"
#include "grant/lend.h"

#define AGENT_NOTE  "agent "
#define AGENTS_DIR  LEND_DIR "/agents"
#define FOLDER_NAME "agents"

static bool wants(const struct settings *s)
{
	return settings_bool(s, KEY_SSH_AGENT);
}

int agent_mount(const struct assemble_request *req, struct assembly *a, struct err *e)
{
	cleanup_free char *rel = xasprintf("boxes/%s/" FOLDER_NAME, req->box->id);

	if (!wants(req->settings) || req->box->in_memory || req->sealed)
		return 0;
	if (mkdirat(req->store->data_fd, rel, 0700) < 0 && errno != EEXIST)
		return err_sys(e, errno, "cannot make '%s/%s'", req->store->data, rel);
	assembly_add_mount(
		a, (struct plan_mount){.kind = PLAN_MOUNT_BIND,
				       .source = assembly_keep(a, path_join(req->store->data, rel)),
				       .target = AGENTS_DIR,
				       .read_only = true});
	return 0;
}

/* Identifies an agent: each one's socket has another inode or time. NULL: there is none. */
static char *describe(const char *socket)
{
	struct stat st;

	if (!socket || stat(socket, &st) < 0 || !S_ISSOCK(st.st_mode))
		return NULL;
	return xasprintf(AGENT_NOTE "%llu:%llu:%lld.%09ld\n", (unsigned long long)st.st_dev,
			 (unsigned long long)st.st_ino, (long long)st.st_ctim.tv_sec,
			 st.st_ctim.tv_nsec);
}

void agent_note(const struct assembly *a, struct buf *out)
{
	for (size_t i = 0; i < a->n_mounts; i++) {
		cleanup_free char *line = NULL;

		if (!streq(a->mounts[i].target, LEND_DIR "/ssh-agent"))
			continue;
		line = describe(a->mounts[i].source);
		buf_addstr(out, line ? line : "");
	}
}

static bool copy(int from, int to)
{
	char data[16384];
	ssize_t n = read(from, data, sizeof(data));

	return n > 0 && write_all(to, data, (size_t)n) == 0;
}

static int connect_agent(const char *socket_path)
{
	struct sockaddr_un addr = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (snprintf(addr.sun_path, sizeof(addr.sun_path), "%s", socket_path) >=
		    (int)sizeof(addr.sun_path) ||
	    fd < 0 || connect(fd, (struct sockaddr *)&addr, sizeof(addr)) < 0)
		return -1;
	return fd;
}

/* Serves one connection, in its own process. */
static void serve(int client)
{
	struct pollfd p[2] = {{.fd = client, .events = POLLIN}, {.events = POLLIN}};

	p[1].fd = connect_agent(getenv("SSH_AUTH_SOCK"));
	if (p[1].fd < 0)
		_exit(1);
	while (poll(p, 2, -1) > 0)
		if ((p[0].revents && !copy(p[0].fd, p[1].fd)) ||
		    (p[1].revents && !copy(p[1].fd, p[0].fd)))
			break;
	_exit(0);
}

static void die_with(pid_t parent)
{
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent)
		_exit(0);
}

/* Keeps nothing of the session open: a pipe must end with its writers. */
static void be_relay(int listener, pid_t client)
{
	pid_t self = getpid();
	int fd;

	die_with(client);
	signal(SIGCHLD, SIG_IGN);
	signal(SIGINT, SIG_IGN); /* for the client, which passes it on */
	signal(SIGQUIT, SIG_IGN);
	signal(SIGTSTP, SIG_IGN);
	dup2(listener, 0);
	close_range(1, ~0U, 0);
	while ((fd = accept4(0, NULL, NULL, SOCK_CLOEXEC)) >= 0 || errno == EINTR ||
	       errno == ECONNABORTED) {
		if (fd >= 0 && fork() == 0) {
			die_with(self);
			serve(fd);
		}
		close_fd(&fd);
	}
	_exit(1);
}

static int listen_in(int dir, const char *name)
{
	struct sockaddr_un addr = {.sun_family = AF_UNIX};
	cleanup_close int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	/* Fits sun_path however long the directory's path is. */
	snprintf(addr.sun_path, sizeof(addr.sun_path), "/proc/self/fd/%d/%s", dir, name);
	unlinkat(dir, name, 0);
	if (fd < 0 || bind(fd, (struct sockaddr *)&addr, sizeof(addr)) < 0 || listen(fd, 64) < 0)
		return -errno;
	return take_fd(&fd);
}

static int start_agent(const struct store *st, const struct box *b, struct agent *agent)
{
	cleanup_free char *rel = xasprintf("boxes/%s/" FOLDER_NAME, b->id);
	cleanup_close int listener = -1;
	pid_t self = getpid();

	agent->dir = openat(st->data_fd, rel, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (agent->dir < 0)
		return -errno;
	agent->name = xasprintf("%d", self);
	listener = listen_in(agent->dir, agent->name);
	if (listener < 0)
		return listener;
	agent->pid = fork();
	if (agent->pid == 0)
		be_relay(listener, self);
	if (agent->pid < 0)
		return -errno;
	agent->path = xasprintf(AGENTS_DIR "/%s", agent->name);
	return 0;
}

void agent_join(const struct store *st, const struct box *b, const char *notes,
		const struct settings *settings, struct agent *ret)
{
	cleanup_free char *now = wants(settings) ? describe(getenv("SSH_AUTH_SOCK")) : NULL;
	cleanup_free char *line = NULL;

	if (!now)
		return;
	line = xasprintf("\n%s", now);
	/* A session with other settings than the start's has no such directory. */
	if (!strstr(notes, "\nssh-agent yes\n") || strstr(notes, line))
		return;
	if (start_agent(st, b, ret) < 0)
		log_note("box '%s' was started with another ssh agent, and has that: "
			 "'sandbox stop %s', and the next start has yours",
			 b->name, b->name);
}

void agent_end(struct agent *agent)
{
	if (agent->pid > 0) {
		kill(agent->pid, SIGKILL);
		while (waitpid(agent->pid, NULL, 0) < 0 && errno == EINTR)
			;
	}
	if (agent->dir >= 0 && agent->name)
		unlinkat(agent->dir, agent->name, 0);
	close_fd(&agent->dir);
	free(agent->name);
	free(agent->path);
	*agent = AGENT_INIT;
}
