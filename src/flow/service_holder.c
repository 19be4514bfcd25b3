/*
 * service_holder.c - the process that holds the services of a project.
 *
 * One poll(2) loop in which nothing blocks: each start and each check of health is a child. What
 * becomes of a service:
 *
 *	WAITING -> STARTING	all that it needs is there
 *	STARTING -> RUNNING	its command was executed
 *	RUNNING -> RESTARTING	it has ended, and `restart` says so; after a pause that doubles
 *	RUNNING -> EXITED	it has ended, and stays so
 *	any -> STOPPED		its user has stopped it (service_box.h)
 *	any -> FAILED		it cannot be started, or something that it needs has failed
 */
#include "flow/service_holder.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <stdnoreturn.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/mem.h"
#include "base/proc.h"
#include "base/rest.h"
#include "base/spawn.h"
#include "box/service_box.h"
#include "flow/service_check.h"

#define PAUSE_MS       100   /* before the first restart in a row */
#define PAUSE_MAX_MS   60000 /* Docker's limit too */
#define STEADY_MS      10000 /* whoever ran so long did not fail at once: the pause is short again */
#define WRITE_AGAIN_MS 1000  /* after a write that failed */
#define FIRST_WRITES   3     /* tries of the first one, whose failure is an error */
#define GUEST_MS       500   /* between two looks at the project's box */
#define LEAVE_MS       30000 /* for a holder that is asked to leave: a start may take long */

extern char **environ;

struct held_service {
	struct service_run *run;
	struct service_state *state; /* in the holder's */
	struct box box;		     /* closed unless it runs */
	int pidfd;		     /* of its pid 1, or -1 */
	pid_t starter;		     /* or 0 */
	int report;		     /* of the starter: an error, or nothing; -1 */
	long long due;		     /* clock_ms() of the next start */
	unsigned in_row;	     /* restarts without a steady run */
	struct service_check check;
};

struct holder {
	const struct holder_request *req;
	struct services_state state;
	struct held_service *v;
	int signals, lock;
	int guest; /* a pidfd, or -1 */
	bool dirty, leave;
	long long guest_next;
};

static void set_status(struct holder *h, struct held_service *v, enum service_status status)
{
	v->state->status = status;
	v->state->since = clock_ms_of(CLOCK_REALTIME);
	if (status != SERVICE_RUNNING)
		v->state->healthy = SERVICE_UNCHECKED;
	h->dirty = true;
}

static void set_failed(struct holder *h, struct held_service *v, const char *why)
{
	free(v->state->error);
	v->state->error = err_quote_all(why);
	set_status(h, v, SERVICE_FAILED);
}

static struct held_service *find(const struct holder *h, const char *name)
{
	for (size_t i = 0; i < h->req->n; i++)
		if (streq(h->v[i].run->service->name, name))
			return &h->v[i];
	return NULL;
}

static bool is_stopped(const struct holder *h, const struct held_service *v)
{
	cleanup_box struct box b = BOX_INIT;
	struct err ignored;
	int r = box_load(h->req->store, v->run->id, &b, &ignored);

	/* A box that was removed is not started again either. */
	return r == -ENOENT || (r == 0 && service_box_is_stopped(&b));
}

/* In the starter's process. What it cannot do is its last word. */
static noreturn void be_starter(const struct holder *h, struct service_run *run, int report)
{
	sigset_t none;
	struct err e;
	int r;

	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	/* A start that goes on after the holder has gone must not keep its lock. */
	close(h->lock);
	r = service_boot(h->req->store, run, &e);
	if (r < 0)
		(void)!write(report, e.msg, strlen(e.msg));
	_exit(r < 0);
}

static void start(struct holder *h, struct held_service *v)
{
	int pipefd[2];

	if (is_stopped(h, v)) {
		set_status(h, v, SERVICE_STOPPED);
		return;
	}
	if (pipe2(pipefd, O_CLOEXEC) < 0) {
		set_failed(h, v, strerror(errno));
		return;
	}
	v->starter = fork();
	if (v->starter == 0)
		be_starter(h, v->run, pipefd[1]);
	close(pipefd[1]);
	if (v->starter < 0) {
		v->starter = 0;
		close(pipefd[0]);
		set_failed(h, v, strerror(errno));
		return;
	}
	v->report = pipefd[0];
	v->check.since = clock_ms(); /* it may have ended before it is watched */
	v->state->hash = v->run->hash;
	v->state->restarts += v->state->status == SERVICE_RESTARTING;
	set_status(h, v, SERVICE_STARTING);
}

/* How long to wait before the next restart; -1: it is not started again. */
static long long pause_ms(const struct held_service *v, int status)
{
	const struct service_restart *r = &v->run->service->restart;
	unsigned shift = v->in_row < 10 ? v->in_row : 10;
	long long ms = (long long)PAUSE_MS << shift;

	if (r->when == RESTART_NO ||
	    (r->when == RESTART_ON_FAILURE && (!status || (r->most && v->in_row >= r->most))))
		return -1;
	return ms < PAUSE_MAX_MS ? ms : PAUSE_MAX_MS;
}

/* Its box has ended. */
static void ended(struct holder *h, struct held_service *v)
{
	int status = service_exit_status(&v->box);
	long long pause;

	if (clock_ms() - v->check.since >= STEADY_MS)
		v->in_row = 0;
	service_check_end(&v->check);
	close_fd(&v->pidfd);
	box_close(&v->box);
	v->state->exit = status;
	pause = pause_ms(v, status);
	if (is_stopped(h, v)) {
		set_status(h, v, SERVICE_STOPPED);
	} else if (pause >= 0) {
		v->in_row++;
		v->due = clock_ms() + pause;
		set_status(h, v, SERVICE_RESTARTING);
	} else {
		set_status(h, v, SERVICE_EXITED);
	}
}

/* Watches its box, started by us or found running. False: it does not run. */
static bool watch(struct holder *h, struct held_service *v)
{
	struct err e;
	pid_t pid;

	box_close(&v->box);
	if (box_load(h->req->store, v->run->id, &v->box, &e) < 0)
		return false;
	pid = box_pid(&v->box);
	v->pidfd = pid ? proc_pidfd(pid) : -1;
	if (v->pidfd < 0)
		return false;
	free(v->state->error);
	v->state->error = NULL;
	set_status(h, v, SERVICE_RUNNING);
	service_check_begin(&v->check, v->run, pid, v->state);
	return true;
}

/* The starter has ended, or says why it could not start it. */
static void started(struct holder *h, struct held_service *v)
{
	char why[sizeof(((struct err *)0)->msg)];
	ssize_t n = read(v->report, why, sizeof(why) - 1);
	int status = 0;

	if (n < 0 && errno == EINTR)
		return;
	why[n > 0 ? n : 0] = '\0';
	close_fd(&v->report);
	waitpid(v->starter, &status, 0);
	v->starter = 0;
	if (n > 0)
		set_failed(h, v, why);
	else if (status != 0)
		set_failed(h, v, "the process that starts it was killed");
	else if (!watch(h, v))
		ended(h, v);
	else if (is_stopped(h, v)) /* while it was on its way */
		pidfd_send_signal(v->pidfd, SIGTERM, NULL, 0);
}

enum need { NEED_MET, NEED_OPEN, NEED_LOST };

static enum need look_at(const struct service_need *need, const struct held_service *on)
{
	const struct service_state *s = on->state;

	switch (s->status) {
	case SERVICE_RUNNING:
		if (need->state == NEED_COMPLETED)
			return NEED_OPEN;
		if (need->state == NEED_STARTED || s->healthy == SERVICE_UNCHECKED ||
		    s->healthy == SERVICE_HEALTHY)
			return NEED_MET;
		return s->healthy == SERVICE_UNHEALTHY ? NEED_LOST : NEED_OPEN;
	case SERVICE_EXITED: /* a job that has done its work */
		return s->exit == 0 ? NEED_MET : NEED_LOST;
	case SERVICE_STOPPED:
	case SERVICE_FAILED:
		return NEED_LOST;
	default:
		return NEED_OPEN;
	}
}

static void start_if_ready(struct holder *h, struct held_service *v)
{
	const struct service *s = v->run->service;
	bool open = false;

	for (size_t i = 0; i < s->n_needs; i++) {
		const struct held_service *on = find(h, s->needs[i].name);
		enum need is = on ? look_at(&s->needs[i], on) : NEED_MET;

		if (is == NEED_LOST) {
			cleanup_free char *why = xasprintf(
				"it needs '%s', which is %s", s->needs[i].name,
				on->state->status == SERVICE_RUNNING
					? service_healthy_word(on->state->healthy)
					: service_status_word(on->state->status));

			set_failed(h, v, why);
			return;
		}
		open |= is == NEED_OPEN;
	}
	if (!open)
		start(h, v);
}

static void sooner(long long *timeout, long long when)
{
	long long left = when - clock_ms();

	left = left > 0 ? left : 0;
	if (*timeout < 0 || left < *timeout)
		*timeout = left;
}

static void advance(struct holder *h, struct held_service *v, long long *timeout)
{
	switch (v->state->status) {
	case SERVICE_WAITING:
		if (!h->leave)
			start_if_ready(h, v);
		break;
	case SERVICE_RESTARTING:
		if (!h->leave && v->due <= clock_ms())
			start(h, v);
		else if (!h->leave)
			sooner(timeout, v->due);
		break;
	case SERVICE_RUNNING:
		h->dirty |= service_check_advance(&v->check, h->req->store, v->run, &v->box,
						  v->state, timeout);
		break;
	default:
		break;
	}
}

static bool is_active(const struct held_service *v)
{
	return v->state->status <= SERVICE_RESTARTING;
}

static void child_ended(struct holder *h, pid_t pid, int status)
{
	for (size_t i = 0; i < h->req->n; i++)
		if (h->v[i].check.pid == pid)
			h->dirty |= service_check_ended(&h->v[i].check, h->v[i].run, status,
							h->v[i].state);
}

/* Starters are waited for where their report is read. */
static void reap_checks(struct holder *h)
{
	for (size_t i = 0; i < h->req->n; i++) {
		pid_t pid = h->v[i].check.pid;
		int status;

		if (pid > 0 && waitpid(pid, &status, WNOHANG) == pid)
			child_ended(h, pid, status);
	}
}

/* A service that waits for its restart, or for another, may have been stopped. */
static void look_again(struct holder *h)
{
	for (size_t i = 0; i < h->req->n; i++) {
		struct held_service *v = &h->v[i];

		if ((v->state->status == SERVICE_RESTARTING ||
		     v->state->status == SERVICE_WAITING) &&
		    is_stopped(h, v))
			set_status(h, v, SERVICE_STOPPED);
	}
}

static void read_signals(struct holder *h)
{
	struct signalfd_siginfo info;

	while (read(h->signals, &info, sizeof(info)) == sizeof(info)) {
		if (info.ssi_signo == SIGTERM)
			h->leave = true;
		else if (info.ssi_signo == SIGUSR1)
			look_again(h);
	}
	reap_checks(h);
}

static void wait_for_something(struct holder *h, long long timeout)
{
	size_t n = h->req->n;
	cleanup_free struct pollfd *p = xcalloc(1 + 2 * n, sizeof(*p));

	p[0] = (struct pollfd){.fd = h->signals, .events = POLLIN};
	for (size_t i = 0; i < n; i++) {
		p[1 + i] = (struct pollfd){.fd = h->v[i].pidfd, .events = POLLIN};
		p[1 + n + i] = (struct pollfd){.fd = h->v[i].report, .events = POLLIN};
	}
	if (rest_poll(p, 1 + 2 * n, (int)timeout) <= 0)
		return;
	for (size_t i = 0; i < n; i++) {
		if (p[1 + i].revents)
			ended(h, &h->v[i]);
		if (p[1 + n + i].revents)
			started(h, &h->v[i]);
	}
	if (p[0].revents)
		read_signals(h);
}

/* They came with the project's box, and go with it. */
static bool guest_has_gone(struct holder *h, long long *timeout)
{
	cleanup_box struct box b = BOX_INIT;
	struct err ignored;

	if (h->guest < 0)
		return false;
	if (h->guest_next <= clock_ms()) {
		h->guest_next = clock_ms() + GUEST_MS;
		if (proc_wait_pidfd(h->guest, 0) &&
		    (box_find_project(h->req->store, h->req->project, &b, &ignored) < 0 ||
		     !box_is_running(&b)))
			return true;
	}
	sooner(timeout, h->guest_next);
	return false;
}

static void end_all(struct holder *h)
{
	cleanup_box_list struct box_list list = {0};
	struct err ignored;

	list.v = xcalloc(h->req->n + 1, sizeof(*list.v));
	for (size_t i = h->req->n; i-- > 0;)
		if (is_active(&h->v[i]) &&
		    box_load(h->req->store, h->v[i].run->id, &list.v[list.n], &ignored) == 0)
			list.n++;
	for (size_t i = 0; i < list.n; i++)
		box_stop(&list.v[i], find(h, list.v[i].service)->state->stop_ms, &ignored);
	for (size_t i = 0; i < h->req->n; i++)
		if (is_active(&h->v[i]))
			set_status(h, &h->v[i], SERVICE_STOPPED);
}

static void hold(struct holder *h)
{
	struct err ignored;

	for (;;) {
		bool active = false, starting = false;
		long long timeout = -1;

		for (size_t i = 0; i < h->req->n; i++)
			advance(h, &h->v[i], &timeout);
		for (size_t i = 0; i < h->req->n; i++) {
			active |= is_active(&h->v[i]);
			starting |= h->v[i].starter > 0;
		}
		if (guest_has_gone(h, &timeout) && !starting) {
			end_all(h);
			active = false;
		}
		if (h->dirty && services_state_write(h->req->dir, &h->state, &ignored) == 0)
			h->dirty = false;
		/* Whoever waits for a service reads it there: a disk may be full for a moment. */
		if (h->dirty)
			sooner(&timeout, clock_ms() + WRITE_AGAIN_MS);
		if (!active || (h->leave && !starting))
			break;
		/* A failure may end what others wait for, and a start may be what they need. */
		wait_for_something(h, timeout);
	}
	for (size_t i = 0; i < h->req->n; i++)
		service_check_end(&h->v[i].check);
}

static char **copy_environment(void)
{
	struct strv copy = {0};

	for (char **p = environ; p && *p; p++)
		strv_push(&copy, *p);
	return copy.v;
}

/*
 * Those that have ended, and that this holder is not to run, keep their lines while they have boxes:
 * how they ended is to be seen until they start again.
 */
static void keep_ended(struct holder *h)
{
	const struct services_state *before = h->req->before;

	for (size_t i = 0; i < before->n; i++) {
		const struct service_state *s = &before->v[i];
		cleanup_box struct box b = BOX_INIT;
		struct err ignored;

		if (s->status <= SERVICE_RESTARTING || services_state_find(&h->state, s->name) ||
		    service_box_find(h->req->store, h->req->mark, s->name, &b, &ignored) < 0)
			continue;
		h->state.v[h->state.n] = *s;
		h->state.v[h->state.n].name = xstrdup(s->name);
		h->state.v[h->state.n++].error = s->error ? xstrdup(s->error) : NULL;
	}
}

/* The services that are known from before keep what is known of them. */
static void take_states(struct holder *h)
{
	const struct holder_request *req = h->req;

	h->state = (struct services_state){
		.project = xstrdup(req->project),
		.lingers = req->guest != 0,
		.v = xcalloc(req->n + req->before->n + 1, sizeof(*h->state.v)),
		.n = req->n};
	h->v = xcalloc(req->n + 1, sizeof(*h->v));
	for (size_t i = 0; i < req->n; i++) {
		const struct service *s = req->runs[i].service;
		const struct service_state *old = services_state_find(req->before, s->name);
		struct service_state *now = &h->state.v[i];
		unsigned depth = 0;

		*now = (struct service_state){.name = xstrdup(s->name),
					      .restarts = old ? old->restarts : 0,
					      .exit = old ? old->exit : -1,
					      .hash = old ? old->hash : 0,
					      .stop_ms = s->stop_timeout_ms};
		for (size_t k = 0; k < s->n_needs; k++) {
			const struct service_state *need = services_state_find(&h->state,
									       s->needs[k].name);

			if (need && need->depth >= depth)
				depth = need->depth + 1;
		}
		now->depth = depth;
		h->v[i] = (struct held_service){.run = &req->runs[i],
						.state = now,
						.box = BOX_INIT,
						.pidfd = -1,
						.report = -1,
						.check.log = BOX_LOG_READER_INIT};
		if (!watch(h, &h->v[i]))
			set_status(h, &h->v[i],
				   is_stopped(h, &h->v[i]) ? SERVICE_STOPPED : SERVICE_WAITING);
	}
	keep_ended(h);
}

static int open_signals(void)
{
	static const int signals[] = {SIGTERM, SIGUSR1, SIGCHLD};

	return proc_watch_signals(signals, ARRAY_SIZE(signals));
}

/* Before anybody reads it: that of an older holder would say that what starts now runs already. */
static int write_first(struct holder *h, struct err *e)
{
	int left = FIRST_WRITES, r = services_state_write(h->req->dir, &h->state, e);

	while (r < 0 && --left > 0) {
		poll(NULL, 0, WRITE_AGAIN_MS);
		r = services_state_write(h->req->dir, &h->state, e);
	}
	h->dirty = false;
	return r;
}

/* In the new process; ready: what to write an error to. */
static noreturn void be_holder(const struct holder_request *req, int ready)
{
	struct holder h = {.req = req, .lock = -1, .guest = -1};
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);
	struct err e = {0};
	int r;

	setsid();
	umask(022); /* of the services too: that of a shell is no part of an image */
	signal(SIGHUP, SIG_IGN);
	h.signals = open_signals();
	if (req->guest)
		h.guest = proc_pidfd(req->guest);
	r = services_state_hold(req->dir, &h.lock, &e);
	if (r == 0 && (h.signals < 0 || null < 0))
		r = err_sys(&e, errno, "cannot hold the services");
	if (r < 0) {
		(void)!write(ready, e.msg, strlen(e.msg));
		_exit(1);
	}
	for (int fd = 0; fd <= 2; fd++)
		dup2(null, fd);
	(void)!chdir("/");
	proc_close_others((int[]){0, 1, 2, ready, req->dir, req->store->data_fd,
				  req->store->runtime_fd, h.signals, h.lock, h.guest},
			  10);
	environ = copy_environment();
	proc_set_title("sandbox: services of a project");
	take_states(&h);
	if (write_first(&h, &e) < 0) {
		(void)!write(ready, e.msg, strlen(e.msg));
		_exit(1);
	}
	close(ready);
	hold(&h);
	_exit(0);
}

int holder_start(const struct holder_request *req, struct err *e)
{
	cleanup_close int ready = -1, theirs = -1;
	char why[sizeof(e->msg)];
	int pipefd[2];
	ssize_t n;
	pid_t pid;

	if (pipe2(pipefd, O_CLOEXEC) < 0)
		return err_sys(e, errno, "cannot make a pipe");
	ready = pipefd[0];
	theirs = pipefd[1];
	pid = fork();
	if (pid == 0) {
		pid = fork();
		if (pid == 0)
			be_holder(req, theirs);
		_exit(pid < 0);
	}
	if (pid < 0 || spawn_wait(pid) != 0)
		return err_sys(e, errno, "cannot start the process that holds the services");
	close_fd(&theirs);
	n = read(ready, why, sizeof(why) - 1);
	if (n == 0)
		return 0;
	why[n > 0 ? n : 0] = '\0';
	return err_set(e, EBUSY, "%s", n > 0 ? why : "cannot tell whether the services are held");
}

int holder_dismiss(int dir, struct err *e)
{
	pid_t pid;
	cleanup_close int pidfd = services_state_holder(dir, &pid);

	if (pidfd < 0)
		return 0;
	pidfd_send_signal(pidfd, SIGTERM, NULL, 0);
	if (!proc_wait_pidfd(pidfd, LEAVE_MS))
		return err_set(e, EBUSY,
			       "process %d holds the services and does not let them go: end it",
			       pid);
	return 0;
}

void holder_wake(int dir)
{
	cleanup_close int pidfd = services_state_holder(dir, NULL);

	if (pidfd >= 0)
		pidfd_send_signal(pidfd, SIGUSR1, NULL, 0);
}
