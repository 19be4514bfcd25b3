/*
 * step_box.c - booting the throw-away box of a step, and its output.
 *
 * The command's box is started by a child, whose end ends it: this process may be killed at any
 * time, and has its own stdin, stdout and signals.
 */
#include "prepare/step_box.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/report.h"
#include "base/spawn.h"

#define STOP_POLL_MS 100

static int run_in_box(const struct step_box *p, struct box *b, int lifetime, int *ret_status,
		      struct err *e)
{
	const struct boot_request req = {.store = p->store,
					 .box = b,
					 .settings = p->settings,
					 .user = p->user,
					 .root = p->root,
					 .lifetime = &lifetime,
					 .mounts = p->mounts,
					 .n_mounts = p->n_mounts,
					 .hostname = "sandbox",
					 .sealed = true,
					 .bare = p->bare,
					 .quiet = true,
					 .session = &p->session,
					 .cwd = p->cwd};

	return boot(&req, ret_status, e);
}

/* Never returns. Its end ends the session, and so the box. */
static void be_child(const struct step_box *p, struct box *b, int lifetime, int out)
{
	cleanup_close int in = open("/dev/null", O_RDONLY | O_CLOEXEC);
	struct err e;
	int status = 125;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (in < 0 || dup2(in, 0) < 0 || dup2(out, 1) < 0 || dup2(out, 2) < 0)
		_exit(125);
	if (run_in_box(p, b, lifetime, &status, &e) < 0) {
		dprintf(out, "%s\n", e.msg);
		_exit(125);
	}
	_exit(status);
}

/* Is there something to read, or the end? Asks meanwhile whether to stop. */
static void wait_readable(const struct step_box *p, int fd, pid_t pid)
{
	struct pollfd poller = {.fd = fd, .events = POLLIN};

	while (p->stop && poll(&poller, 1, STOP_POLL_MS) <= 0)
		if (p->stop())
			kill(pid, SIGTERM);
}

/* Reads the output of the step and of everything it left behind, until all have ended. */
static void read_output(const struct step_box *p, int fd, pid_t pid, struct step_log *log)
{
	char data[16384];
	ssize_t n;

	do {
		wait_readable(p, fd, pid);
		n = read(fd, data, sizeof(data));
		if (n > 0)
			step_log_add(log, data, (size_t)n);
	} while (n > 0 || (n < 0 && errno == EINTR));
}

int step_box_run(const struct step_box *p, struct box *b, int lifetime, struct step_log *log,
		 int *ret_status, struct err *e)
{
	int out[2];
	pid_t pid;

	if (pipe2(out, O_CLOEXEC) < 0)
		return err_sys(e, errno, "cannot make a pipe");
	pid = fork();
	if (pid == 0)
		be_child(p, b, lifetime, out[1]);
	close(out[1]);
	if (pid < 0) {
		close(out[0]);
		return err_sys(e, errno, "cannot start a process");
	}
	read_output(p, out[0], pid, log);
	*ret_status = spawn_wait(pid);
	close(out[0]);
	return 0;
}

int step_box_shell(const struct step_box *p, struct box *b, int lifetime, struct err *e)
{
	int status;

	return run_in_box(p, b, lifetime, &status, e);
}
