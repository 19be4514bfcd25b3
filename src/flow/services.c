/*
 * services.c - what the services of a project do, waiting for them, stopping them.
 *
 * Works without the project's file, which may have changed since they were started, and without the
 * holder, which may have been killed: the boxes say which of them run.
 */
#include "flow/services.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/log.h"
#include "base/path.h"
#include "base/proc.h"
#include "box/folder.h"
#include "box/project.h"
#include "box/service_box.h"
#include "box/service_tie.h"
#include "box/volume.h"
#include "flow/service_holder.h"
#include "flow/service_start.h"
#include "grant/reach.h"

#define SAY_MS	     2000 /* before what is waited for is named */
#define LOOK_MS	     20
#define SETTLE_MS    10000 /* for the holder to note what has happened */
#define LOCK_SAY_MS  1000  /* before another command is named that we wait for */
#define RESTARTS_MAX 3	   /* a service that ended so often does not become ready */

void service_group_clear(struct service_group *g)
{
	store_close(&g->store);
	close_fd(&g->dir);
	free(g->project);
	free(g->mark);
	strv_clear(&g->names);
	*g = (struct service_group)SERVICE_GROUP_INIT;
}

int service_group_open(const char *project, struct service_group *ret, struct err *e)
{
	int r = project_open(&ret->store, project, &ret->project, e);

	if (r < 0)
		return r;
	ret->mark = folder_mark(ret->project);
	return ret->mark ? 0
			 : err_sys(e, errno, "cannot tell which directory '%s' is", ret->project);
}

int services_lock(const struct service_group *g, int *ret_fd, struct err *e)
{
	cleanup_close int fd = openat(g->dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int r;

	if (fd < 0)
		return err_sys(e, errno, "cannot open the state of the services");
	for (int waited = 0; !file_trylock(fd); waited += LOOK_MS) {
		/* It may ask its user something, or be stopped in a terminal. */
		if (waited >= LOCK_SAY_MS) {
			log_note("another command starts or stops the services of '%s': waiting "
				 "for it",
				 g->project);
			break;
		}
		usleep(LOOK_MS * 1000);
	}
	r = file_lock(fd, "services", e);
	if (r == 0)
		*ret_fd = take_fd(&fd);
	return r;
}

/* Those of the state in their order, then boxes that it does not know. */
static int all_names(const struct service_group *g, struct strv *out, struct err *e)
{
	cleanup_services_state struct services_state state = {0};
	cleanup_box_list struct box_list boxes = {0};
	int r = services_state_read(g->dir, &state, e);

	if (r == 0 || r == -ENOENT)
		r = service_box_list(&g->store, g->mark, &boxes, e);
	for (size_t i = 0; r == 0 && i < state.n; i++)
		strv_push(out, state.v[i].name);
	for (size_t i = 0; r == 0 && i < boxes.n; i++)
		if (!strv_has(out, boxes.v[i].service))
			strv_push(out, boxes.v[i].service);
	return r;
}

int services_group(const char *project, char *const *words, struct service_group *ret,
		   struct err *e)
{
	cleanup_strv struct strv all = {0};
	int r = service_group_open(project, ret, e);

	if (r == 0)
		r = services_state_open(&ret->store, ret->mark, false, &ret->dir, e);
	if (r == 0)
		r = all_names(ret, &all, e);
	if (r < 0)
		return r;
	if (!all.n)
		return services_state_none(e);
	for (size_t i = 0; words && words[i]; i++)
		if (!strv_has(&all, words[i]))
			return err_set(e, ENOENT, "no service '%s' of this project was started",
				       words[i]);
	for (size_t i = 0; i < all.n; i++) {
		bool wanted = !words || !words[0];

		for (size_t k = 0; !wanted && words[k]; k++)
			wanted = streq(words[k], all.v[i]);
		if (wanted)
			strv_push(&ret->names, all.v[i]);
	}
	return 0;
}

/* What the box of a service says of it. True: it exists. */
static bool ask_box(const struct service_group *g, const char *name, bool *ret_running,
		    bool *ret_stopped, int *ret_exit)
{
	cleanup_box struct box b = BOX_INIT;
	struct err ignored;

	if (service_box_find(&g->store, g->mark, name, &b, &ignored) < 0)
		return false;
	*ret_running = box_is_running(&b);
	*ret_stopped = service_box_is_stopped(&b);
	*ret_exit = *ret_running ? -1 : service_exit_status(&b);
	return true;
}

/* Nobody has written the state since the holder has gone. */
static void correct(const struct service_group *g, struct service_state *s)
{
	bool running = false, stopped = false;
	int status = -1;

	if (!ask_box(g, s->name, &running, &stopped, &status)) {
		if (s->status <= SERVICE_RESTARTING)
			s->status = SERVICE_STOPPED;
	} else if (running && s->status != SERVICE_FAILED) { /* the box of that one is ending */
		s->status = SERVICE_RUNNING;
	} else if (s->status <= SERVICE_RESTARTING) {
		s->status = stopped ? SERVICE_STOPPED : SERVICE_EXITED;
		s->exit = status;
	}
	s->healthy = SERVICE_UNCHECKED;
}

/* A holder that cannot write its state, since the disk is full, has not noted it. */
static void correct_stopped(const struct service_group *g, struct service_state *s)
{
	bool running = true, stopped = false;
	int status;

	if (s->status != SERVICE_RUNNING || !ask_box(g, s->name, &running, &stopped, &status) ||
	    running || !stopped)
		return;
	s->status = SERVICE_STOPPED;
	s->healthy = SERVICE_UNCHECKED;
	s->exit = status;
}

static void copy_state(const struct services_state *from, const char *name,
		       struct service_state *ret)
{
	const struct service_state *s = services_state_find(from, name);

	/* Of one that the state does not have, the box says the rest: correct(). */
	*ret = s ? *s
		 : (struct service_state){.status = SERVICE_WAITING, .exit = -1, .stop_ms = -1};
	ret->name = xstrdup(name);
	ret->error = s ? xstrdup(s->error) : NULL;
}

int services_look(const struct service_group *g, struct services_state *ret, bool *ret_held,
		  struct err *e)
{
	/* First: a holder that ends now has written its last state before. */
	cleanup_close int holder = services_state_holder(g->dir, NULL);
	cleanup_services_state struct services_state state = {0};
	struct services_state found;
	int r = services_state_read(g->dir, &state, e);

	if (r < 0 && r != -ENOENT)
		return r;
	found = (struct services_state){.project = xstrdup(g->project),
					.lingers = state.lingers,
					.v = xcalloc(g->names.n + 1, sizeof(*found.v)),
					.n = g->names.n};
	for (size_t i = 0; i < g->names.n; i++) {
		copy_state(&state, g->names.v[i], &found.v[i]);
		if (holder < 0 || !services_state_find(&state, g->names.v[i]))
			correct(g, &found.v[i]);
		else
			correct_stopped(g, &found.v[i]);
	}
	*ret = found;
	*ret_held = holder >= 0;
	return 0;
}

int services_look_settled(const struct service_group *g, struct services_state *ret, struct err *e)
{
	cleanup_close int lock = openat(g->dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	cleanup_services_state struct services_state state = {0};
	bool held;
	int r = services_look(g, &state, &held, e);

	if (r == 0 && !held) {
		if (lock < 0 || !file_trylock(lock))
			return -ERR_RETRY;
		/* It may have been replaced a moment ago. */
		services_state_clear(&state);
		r = services_look(g, &state, &held, e);
	}
	if (r < 0)
		return r;
	*ret = state;
	state = (struct services_state){0};
	return 0;
}

/* 1: it is ready; 0: not yet; or an error, if it cannot become so. */
static int is_ready(const struct service_state *s, bool healthy, struct err *e)
{
	switch (s->status) {
	case SERVICE_RUNNING:
		if (s->healthy == SERVICE_UNHEALTHY && healthy)
			return err_set(e, EIO, "service '%s' is unhealthy: its checks fail",
				       s->name);
		return !healthy || s->healthy == SERVICE_UNCHECKED || s->healthy == SERVICE_HEALTHY;
	case SERVICE_RESTARTING:
		if (s->restarts < RESTARTS_MAX)
			return 0;
		return err_set(e, EIO,
			       "service '%s' ended again and again, at last with status %d: "
			       "'sandbox logs %s'",
			       s->name, STATUS_EXIT(s->exit), s->name);
	case SERVICE_EXITED:
		if (s->exit == 0)
			return 1; /* a job that has done its work */
		return err_set(e, EIO, "service '%s' ended with status %d: 'sandbox logs %s'",
			       s->name, s->exit < 0 ? 137 : STATUS_EXIT(s->exit), s->name);
	case SERVICE_FAILED:
		return err_set(e, EIO, "service '%s': %s", s->name, s->error ? s->error : "failed");
	case SERVICE_STOPPED:
		return err_set(e, ESRCH, "service '%s' was stopped", s->name);
	default:
		return 0;
	}
}

/* Adds the name of one that is not ready. */
static void note_waiting(struct buf *out, const struct service_state *s)
{
	buf_addf(out, "%s%s", out->len ? ", " : "", s->name);
}

int services_wait_started(const struct service_group *g, bool healthy, struct err *e)
{
	for (int waited = 0;; waited += LOOK_MS) {
		cleanup_services_state struct services_state state = {0};
		cleanup_buf struct buf waiting = BUF_INIT;
		int r = services_look_settled(g, &state, e);

		if (r == -ERR_RETRY) {
			usleep(LOOK_MS * 1000);
			continue;
		}
		for (size_t i = 0; r >= 0 && i < state.n; i++) {
			r = is_ready(&state.v[i], healthy, e);
			if (r == 0)
				note_waiting(&waiting, &state.v[i]);
		}
		if (r < 0 || !waiting.len)
			return r < 0 ? r : 0;
		if (waited == SAY_MS)
			log_note("waiting for %s", waiting.data);
		usleep(LOOK_MS * 1000);
	}
}

int services_wait_ended(const struct service_group *g, int *ret_status, struct err *e)
{
	for (;; usleep(LOOK_MS * 1000)) {
		cleanup_services_state struct services_state state = {0};
		bool active = false;
		int r = services_look_settled(g, &state, e);

		if (r == -ERR_RETRY)
			continue;
		for (size_t i = 0; r >= 0 && i < state.n; i++) {
			active |= state.v[i].status <= SERVICE_RESTARTING;
			*ret_status = state.v[i].exit >= 0 ? state.v[i].exit : 137;
		}
		if (r < 0 || !active)
			return r;
	}
}

/* A service to stop, with the process that does it. */
struct stopping {
	struct box box; /* parked or closed */
	const struct service_state *state;
	pid_t pid;
};

/* All of one depth at once. */
static int stop_level(const struct service_group *g, struct stopping *v, size_t n, unsigned depth,
		      long ms, struct err *e)
{
	int failed = 0;

	for (size_t i = 0; i < n; i++) {
		struct err why;

		if (v[i].state->depth != depth || !v[i].box.id[0])
			continue;
		v[i].pid = fork();
		if (v[i].pid != 0)
			continue;
		if (ms < 0)
			ms = v[i].state->stop_ms < 0 ? BOX_STOP_MS : v[i].state->stop_ms;
		if (box_open(&g->store, &v[i].box, &why) < 0 || box_stop(&v[i].box, ms, &why) < 0)
			_exit(1);
		_exit(0);
	}
	for (size_t i = 0; i < n; i++) {
		int status;

		if (v[i].pid == 0)
			continue;
		if (v[i].pid < 0 || waitpid(v[i].pid, &status, 0) != v[i].pid || status != 0)
			failed = err_set(e, EBUSY, "cannot stop service '%s'", v[i].state->name);
		v[i].pid = 0;
	}
	return failed;
}

/* Until the holder has noted it. */
static void wait_noted(const struct service_group *g)
{
	for (int waited = 0; waited < SETTLE_MS; waited += LOOK_MS) {
		cleanup_services_state struct services_state state = {0};
		bool held, noted = true;
		struct err ignored;

		if (services_look(g, &state, &held, &ignored) < 0 || !held)
			return;
		for (size_t i = 0; i < state.n; i++)
			noted &= state.v[i].status > SERVICE_RESTARTING;
		if (noted)
			return;
		usleep(LOOK_MS * 1000);
	}
}

int services_stop(const struct service_group *g, long ms, struct err *e)
{
	cleanup_services_state struct services_state state = {0};
	struct stopping *v = xcalloc(g->names.n + 1, sizeof(*v));
	unsigned deepest = 0;
	bool held;
	int r = services_look(g, &state, &held, e);

	/* First all the marks: none is started again while the others end. */
	for (size_t i = 0; r == 0 && i < state.n; i++) {
		struct box b = BOX_INIT;

		v[i] = (struct stopping){.box = BOX_INIT, .state = &state.v[i]};
		if (state.v[i].depth > deepest)
			deepest = state.v[i].depth;
		r = service_box_find(&g->store, g->mark, state.v[i].name, &b, e);
		if (r == 0)
			r = service_box_set_stopped(&b, true, e);
		box_park(&b);
		v[i].box = b;
		r = r == -ENOENT ? 0 : r;
	}
	holder_wake(g->dir);
	for (unsigned depth = deepest + 1; r == 0 && depth-- > 0;)
		r = stop_level(g, v, state.n, depth, ms, e);
	for (size_t i = 0; i < state.n; i++)
		box_close(&v[i].box);
	free(v);
	if (r == 0)
		wait_noted(g);
	return r;
}

/* What they were given stays the project's. */
static int remove_boxes(const struct service_group *g, struct err *e)
{
	cleanup_strv struct strv given = {0};

	for (size_t i = 0; i < g->names.n; i++) {
		cleanup_box struct box b = BOX_INIT;
		int r = service_box_find(&g->store, g->mark, g->names.v[i], &b, e);

		if (r == 0)
			r = reach_kept(&b, &given, e);
		if (r == 0)
			r = box_check_ended(&b, e);
		if (r == 0)
			r = box_lock(&g->store, &b, e);
		if (r == 0)
			r = box_remove(&g->store, &b, e);
		if (r < 0 && r != -ENOENT)
			return r;
	}
	return services_state_given_write(g->dir, &given, e);
}

static int remove_volumes(const struct service_group *g, struct err *e)
{
	cleanup_volume_list struct volume_list list = {0};
	int r = volume_list(&g->store, &list, e);

	for (size_t i = 0; r == 0 && i < list.n; i++)
		if (!streq(list.v[i].mark, g->mark))
			continue;
		else if (list.v[i].user)
			log_note("volume '%s' is kept: box '%s' runs with it", list.v[i].name,
				 list.v[i].user);
		else
			r = volume_remove(&g->store, list.v[i].id, e);
	return r;
}

int services_remove_volumes(const struct service_group *g, struct err *e)
{
	cleanup_close int lock = -1;
	int r = volume_lock(&g->store, &lock, e);

	return r < 0 ? r : remove_volumes(g, e);
}

int services_note_stop(const struct store *s, const struct box *b, struct err *e)
{
	cleanup_service_tie struct service_tie tie = {0};
	cleanup_close int dir = -1;
	int r = service_box_set_stopped(b, true, e);

	if (r == 0)
		r = service_tie_read(b->dir_fd, &tie, e);
	if (r == 0)
		r = services_state_open(s, tie.mark, false, &dir, e);
	if (r == 0)
		holder_wake(dir);
	return r == -ENOENT ? 0 : r;
}

int services_look_box(const struct store *s, const struct box *b, struct services_state *ret,
		      bool *ret_held, struct err *e)
{
	cleanup_service_tie struct service_tie tie = {0};
	cleanup_close int dir = -1;
	struct service_group g = {.store = *s, .dir = -1};
	int r = service_tie_read(b->dir_fd, &tie, e);

	if (r == 0)
		r = services_state_open(s, tie.mark, false, &dir, e);
	if (r < 0)
		return r;
	g.dir = dir;
	g.mark = tie.mark;
	g.project = tie.project;
	strv_push(&g.names, tie.name);
	r = services_look(&g, ret, ret_held, e);
	strv_clear(&g.names);
	return r;
}

int services_down(const struct service_group *g, long ms, bool volumes, struct err *e)
{
	cleanup_close int lock = -1, volume_lock_fd = -1, holder = -1;
	int r = services_lock(g, &lock, e);

	if (r == 0)
		r = services_stop(g, ms, e);
	holder = services_state_holder(g->dir, NULL);
	if (r == 0 && holder >= 0)
		proc_wait_pidfd(holder, SETTLE_MS);
	if (r == 0)
		r = volume_lock(&g->store, &volume_lock_fd, e);
	if (r == 0)
		r = remove_boxes(g, e);
	if (r == 0 && volumes)
		r = remove_volumes(g, e);
	return r < 0 ? r : services_state_write(g->dir, &(struct services_state){0}, e);
}
