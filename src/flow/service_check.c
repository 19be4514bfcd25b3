/*
 * service_check.c - the health of a running service.
 */
#include "flow/service_check.h"

#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <stdnoreturn.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/proc.h"
#include "launch/protocol.h"
#include "start/join.h"

#define STARTING_MS 500 /* between two checks of a service that is not healthy yet */

/*
 * When a process began, in ms since 1970, rounded down to a clock tick; if it has ended, now. proc(5):
 * field 22 of /proc/PID/stat counts from boot.
 */
static long long began_at(pid_t pid)
{
	unsigned long long ticks, per_second = (unsigned long long)sysconf(_SC_CLK_TCK);
	long long age = 0;

	if (proc_start_time(pid, &ticks) == 0 && ticks)
		age = clock_ms_of(CLOCK_BOOTTIME) - (long long)(ticks * 1000 / per_second);
	return clock_ms_of(CLOCK_REALTIME) - age;
}

void service_check_begin(struct service_check *c, const struct service_run *run, pid_t pid1,
			 struct service_state *state)
{
	service_check_end(c);
	*c = (struct service_check){.since = clock_ms(),
				    .next = clock_ms(),
				    .since_real = began_at(pid1),
				    .log = BOX_LOG_READER_INIT};
	state->healthy = run->checks.how->kind == HEALTH_NONE ? SERVICE_UNCHECKED
							      : SERVICE_CHECKING;
}

void service_check_end(struct service_check *c)
{
	if (c->pid > 0) {
		kill(c->pid, SIGKILL);
		waitpid(c->pid, NULL, 0);
	}
	c->pid = 0;
	box_log_reader_clear(&c->log);
}

static int run_session(const struct store *s, const struct service_run *run, const struct box *b,
		       char **argv, struct err *e)
{
	struct session_options o = {.root = run->user && streq(run->user, "root"),
				    .user = run->user,
				    .workdir = run->checks.workdir,
				    .argv = argv};
	cleanup_close int connection = -1;
	cleanup_user struct user u = {0};
	int status = 1, r = box_connect(b, &connection);

	if (r < 0)
		return r;
	if (o.root)
		o.user = NULL;
	user_self(&u);
	r = box_session_join(s, b, &run->own.settings, &u, &o, false, &connection, &status, e);
	return r < 0 ? r : STATUS_EXIT(status);
}

/* In a process of its own, which can be killed: the session ends with it. */
static noreturn void be_check(const struct store *s, const struct service_run *run,
			      const struct box *b)
{
	const struct service_health *h = run->checks.how;
	char *command[] = {(char *)"/bin/sh", (char *)"-c", h->text, NULL};
	char *probe[] = {(char *)BOX_SUDO_BIN, (char *)BOX_PROBE_OPTION,
			 (char *)(h->kind == HEALTH_PORT ? "port" : "http"), h->text, NULL};
	char **argv = h->kind == HEALTH_COMMAND	  ? command
		      : h->kind == HEALTH_PROGRAM ? h->words.v
						  : probe;
	struct err ignored;

	_exit(run_session(s, run, b, argv, &ignored) != 0);
}

static void start(struct service_check *c, const struct store *s, const struct service_run *run,
		  const struct box *b)
{
	sigset_t none;

	c->deadline = clock_ms() + run->checks.timeout_ms;
	c->pid = fork();
	if (c->pid != 0)
		return;
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	be_check(s, run, b);
}

struct search {
	const char *text;
	long long since;
	bool found;
};

static void search_line(const struct box_log_line *line, void *arg)
{
	struct search *s = arg;

	s->found |= line->time >= s->since &&
		    memmem(line->text, line->len, s->text, strlen(s->text)) != NULL;
}

static bool log_has(struct service_check *c, const struct service_run *run, const struct box *b)
{
	struct search s = {.text = run->checks.how->text, .since = c->since_real};
	struct err ignored;

	if (c->log.file < 0) {
		box_log_reader_clear(&c->log);
		box_log_reader_open(b, -1, &c->log, search_line, &s, &ignored);
	} else {
		box_log_reader_more(&c->log, search_line, &s, &ignored);
	}
	return s.found;
}

static bool set(struct service_state *state, enum service_healthy healthy)
{
	bool changed = state->healthy != healthy;

	state->healthy = healthy;
	return changed;
}

/* What one check says of the service. */
static bool judge(struct service_check *c, const struct service_run *run, bool good,
		  struct service_state *state)
{
	const struct service_checks *v = &run->checks;
	bool young = state->healthy == SERVICE_CHECKING &&
		     clock_ms() - c->since < v->start_period_ms;

	if (good)
		c->failures = 0;
	else if (!young)
		c->failures++;
	c->next = clock_ms() +
		  (good || state->healthy != SERVICE_CHECKING || v->interval_ms < STARTING_MS
			   ? v->interval_ms
			   : STARTING_MS);
	if (good)
		return set(state, SERVICE_HEALTHY);
	return c->failures >= v->retries ? set(state, SERVICE_UNHEALTHY) : false;
}

bool service_check_ended(struct service_check *c, const struct service_run *run, int status,
			 struct service_state *state)
{
	c->pid = 0;
	return judge(c, run, WIFEXITED(status) && WEXITSTATUS(status) == 0, state);
}

static void sooner(long long *timeout, long long when)
{
	long long left = when - clock_ms();

	left = left > 0 ? left : 0;
	if (*timeout < 0 || left < *timeout)
		*timeout = left;
}

bool service_check_advance(struct service_check *c, const struct store *s,
			   const struct service_run *run, const struct box *b,
			   struct service_state *state, long long *timeout)
{
	bool log = run->checks.how->kind == HEALTH_LOG, changed = false;

	/* What the log has said stays said. */
	if (state->healthy == SERVICE_UNCHECKED || (log && state->healthy == SERVICE_HEALTHY))
		return false;
	if (c->pid > 0 && c->deadline <= clock_ms()) {
		kill(c->pid, SIGKILL);
		c->deadline = clock_ms() + STARTING_MS;
	}
	if (c->pid <= 0 && c->next <= clock_ms()) {
		if (log)
			changed = judge(c, run, log_has(c, run, b), state);
		else
			start(c, s, run, b);
		/* It could not be started: that says nothing of the service. */
		if (c->pid < 0) {
			c->pid = 0;
			c->next = clock_ms() + STARTING_MS;
		}
	}
	sooner(timeout, c->pid > 0 ? c->deadline : c->next);
	return changed;
}
