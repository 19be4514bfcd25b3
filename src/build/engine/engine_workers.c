/*
 * engine_workers.c - a process for each stage.
 *
 * Not a thread: a step's box is started by a fork of the process that builds its stage, and must
 * not inherit the descriptors of other steps, which say by their end that a step has ended. What a
 * worker has built is found by its layers, so it returns nothing but its error.
 */
#include "build/engine/engine_workers.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/spawn.h"
#include "build/copy.h"
#include "build/engine/build_git.h"
#include "image/registry/registry.h"

#define STOP_POLL_MS 100

struct worker {
	pid_t pid;
	int fd; /* its error comes from here */
	size_t stage;
};

struct workers {
	struct engine *en;
	struct worker *v;
	size_t n, max;
	bool *begun; /* of each stage */
	bool stopped;
};

static bool needs_stage(const struct graph_stage *s, size_t stage)
{
	if (s->base.kind == SOURCE_STAGE && s->base.stage == stage)
		return true;
	for (size_t i = 0; i < s->n; i++)
		for (size_t k = 0; k < s->steps[i].n_sources; k++)
			if (s->steps[i].sources[k].kind == SOURCE_STAGE &&
			    s->steps[i].sources[k].stage == stage)
				return true;
	return false;
}

static bool is_there(const struct engine *en, size_t stage)
{
	return en->stages[stage].done || en->stages[stage].built;
}

/* Not the target, and all that it needs is there. */
static bool is_ready(const struct workers *w, size_t stage)
{
	const struct graph *g = w->en->b.req->graph;

	if (!g->stages[stage].used || stage == g->target || is_there(w->en, stage) ||
	    w->begun[stage])
		return false;
	for (size_t i = 0; i < stage; i++)
		if (needs_stage(&g->stages[stage], i) && !is_there(w->en, i))
			return false;
	return true;
}

/* Never returns. */
static void be_worker(struct engine *en, size_t stage, int out, pid_t parent)
{
	const struct build_state *state;
	struct err e = {0};
	int r;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent)
		_exit(125);
	r = en->b.need(&en->b, stage, &state, &e);
	/* What it has packed without a name must not stay. */
	blob_unnamed_free(en->b.req->store);
	build_git_free(&en->b);
	copy_session_close(en->b.copy);
	if (r < 0)
		(void)!write(out, &e, sizeof(e));
	_exit(r < 0 ? 125 : 0);
}

static int start(struct workers *w, size_t stage, struct err *e)
{
	pid_t parent = getpid(), pid;
	int fds[2];

	if (pipe2(fds, O_CLOEXEC) < 0)
		return err_sys(e, errno, "cannot make a pipe");
	pid = fork();
	if (pid == 0)
		be_worker(w->en, stage, fds[1], parent);
	close(fds[1]);
	if (pid < 0) {
		close(fds[0]);
		return err_sys(e, errno, "cannot start a process");
	}
	w->v[w->n++] = (struct worker){.pid = pid, .fd = fds[0], .stage = stage};
	w->begun[stage] = true;
	return 0;
}

static void stop(struct workers *w)
{
	for (size_t i = 0; !w->stopped && i < w->n; i++)
		kill(w->v[i].pid, SIGTERM);
	w->stopped = true;
}

/* Waits until one of them ends. */
static size_t wait_any(struct workers *w)
{
	cleanup_free struct pollfd *fds = xcalloc(w->n, sizeof(*fds));

	for (size_t i = 0; i < w->n; i++)
		fds[i] = (struct pollfd){.fd = w->v[i].fd, .events = POLLIN};
	for (;;) {
		if (registry_interrupted())
			stop(w);
		if (poll(fds, w->n, STOP_POLL_MS) <= 0)
			continue;
		for (size_t i = 0; i < w->n; i++)
			if (fds[i].revents)
				return i;
	}
}

/* The result of one that ends. */
static int collect(struct workers *w, struct err *e)
{
	size_t i = wait_any(w);
	struct worker done = w->v[i];
	struct err error;
	ssize_t n = read(done.fd, &error, sizeof(error));
	int status;

	close(done.fd);
	status = spawn_wait(done.pid);
	w->v[i] = w->v[--w->n];
	if (status == 0) {
		w->en->stages[done.stage].built = true;
		return 0;
	}
	if (n == (ssize_t)sizeof(error))
		*e = error;
	else
		err_set(e, EIO, "the process of a stage has been killed");
	return -e->code;
}

static size_t count_waiting(const struct engine *en)
{
	const struct graph *g = en->b.req->graph;
	size_t n = 0;

	for (size_t i = 0; i < g->n; i++)
		n += g->stages[i].used && i != g->target && !is_there(en, i);
	return n;
}

/* The first error is the one that counts. */
static int run_all(struct workers *w, struct err *e)
{
	size_t n = w->en->b.req->graph->n;
	struct err late;
	int r = 0;

	do {
		for (size_t i = 0; r == 0 && i < n && w->n < w->max; i++)
			if (is_ready(w, i))
				r = start(w, i, e);
		if (r < 0)
			stop(w);
		if (w->n && r == 0)
			r = collect(w, e);
		else if (w->n)
			collect(w, &late);
	} while (w->n || (r == 0 && count_waiting(w->en)));
	return r;
}

int engine_workers_run(struct engine *en, struct err *e)
{
	long processors = sysconf(_SC_NPROCESSORS_ONLN);
	struct workers w = {.en = en, .max = processors > 0 ? (size_t)processors : 1};
	int r;

	/* A shell needs the terminal for itself. */
	if (en->b.req->debug_shell || w.max == 1 || count_waiting(en) < 2)
		return 0;
	w.v = xcalloc(w.max, sizeof(*w.v));
	w.begun = xcalloc(en->b.req->graph->n, sizeof(*w.begun));
	r = run_all(&w, e);
	free(w.v);
	free(w.begun);
	return r;
}
