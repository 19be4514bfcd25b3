/*
 * matrix.c - the environments of a matrix, in parallel, each in its own process.
 */
#include "flow/matrix.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/proc.h"
#include "base/spawn.h"
#include "box/box_create.h"
#include "box/folder.h"
#include "box/project.h"
#include "box/sweep.h"
#include "box/uppers.h"
#include "config/value.h"
#include "prepare/locked.h"
#include "prepare/origin.h"
#include "start/boot.h"
#include "store/store.h"

#define MAX_JOBS 64

/* One that is running. */
struct job {
	pid_t pid;
	size_t row;
	long long began; /* clock_ms() */
};

struct running {
	const struct store *store;
	const struct matrix_options *options;
	struct matrix *matrix;
	struct settings *settings; /* one each */
	struct strv *granted;	   /* what each may have of this machine */
	struct job jobs[MAX_JOBS];
	size_t n_jobs;
};

void matrix_clear(struct matrix *m)
{
	for (size_t i = 0; i < m->n; i++) {
		free(m->v[i].name);
		free(m->v[i].image);
		free(m->v[i].log);
	}
	free(m->v);
	free(m->project);
	*m = (struct matrix){0};
}

/* The settings of an environment: the project's, with its image. */
static int load_settings(const struct matrix_options *o, const struct matrix_row *row,
			 const struct setting *from, struct settings *ret, struct err *e)
{
	struct setting image = setting_of(KEY_IMAGE, row->image, from ? from->source : "flag");
	struct settings_request req = o->settings;

	image.dir = from ? from->dir : (char *)o->settings.project_dir;
	image.users = !from;
	req.above = &image;
	return settings_load(&req, ret, e);
}

static int start_and_run(const struct store *s, const struct matrix_options *o,
			 struct settings *settings, const struct strv *granted,
			 const struct matrix_row *row, const struct origin *origin, struct box *b,
			 int *lifetime, int *ret_status, struct err *e)
{
	cleanup_user struct user u = {0};
	/* No record names the layers of a throw-away box: the origin keeps its lease. */
	struct image_root root = origin->root;
	struct session_options session = {.root = o->root, .argv = o->argv};
	const struct boot_request req = {.store = s,
					 .box = b,
					 .settings = settings,
					 .user = &u,
					 .root = &root,
					 .lifetime = lifetime,
					 .asker = &o->asker,
					 .granted = granted,
					 .project_overlay = true,
					 .quiet = true,
					 .hooks = true,
					 .session = &session};
	int r;

	root.lease = -1;
	user_self(&u);
	strv_push_take(&session.env, xasprintf("SANDBOX_MATRIX=%s", row->name));
	for (size_t i = 0; i < o->env.n; i++)
		strv_push(&session.env, o->env.v[i]);
	r = boot(&req, ret_status, e);
	strv_clear(&session.env);
	return r;
}

/* Prepares the environment, runs the command in a throw-away box, removes it. */
static int run_row(const struct store *s, const struct matrix_options *o, struct settings *settings,
		   const struct strv *granted, const struct matrix_row *row, int *ret_status,
		   struct err *e)
{
	cleanup_origin struct origin origin = ORIGIN_INIT;
	cleanup_box struct box b = BOX_INIT;
	cleanup_close int lifetime = -1;
	struct err ignored;
	cleanup_lock struct lock_file lock = {0};
	int r = locked_read_for_image(settings, &lock, e);

	if (r >= 0)
		r = origin_make(s, settings, r ? &lock : NULL, false, &origin, e);
	if (r < 0)
		return r;
	image_root_stack(s, &origin.layers, &origin.root);
	r = box_create_temporary(s, NULL, row->image, &origin.root.digest, uppers_work_in_memory(),
				 &b, &lifetime, e);
	if (r < 0)
		return r;
	b.project = xstrdup(settings->project_dir);
	r = start_and_run(s, o, settings, granted, row, &origin, &b, &lifetime, ret_status, e);
	if (!b.in_memory)
		box_wait_gone(&b, BOX_GONE_MS);
	box_remove(s, &b, &ignored);
	return r;
}

/* The image's name, made usable as a file name. */
static char *name_of(const char *image)
{
	char *name = xstrndup(image, 63);

	for (char *c = name; *c; c++)
		if (!value_name((char[]){'a', *c, '\0'}))
			*c = '-';
	if (!value_name(name))
		*name = 'x';
	return name;
}

static int add_row(struct matrix *m, char *name, const char *image, struct err *e)
{
	for (size_t i = 0; i < m->n; i++)
		if (streq(m->v[i].name, name)) {
			err_set(e, ERR_USAGE, "two environments are called '%s'", name);
			free(name);
			return -ERR_USAGE;
		}
	m->v = xrealloc(m->v, m->n + 1, sizeof(*m->v));
	m->v[m->n++] = (struct matrix_row){.name = name, .image = xstrdup(image), .status = 125};
	return 0;
}

static int add_given(struct matrix *m, const char *word, struct err *e)
{
	const char *equals = strchr(word, '=');
	cleanup_free char *name = equals ? xstrndup(word, (size_t)(equals - word)) : NULL;
	const char *image = equals ? equals + 1 : word;

	if (name && !value_name(name))
		return err_set(e, ERR_USAGE, "'%s' is not a valid name of an environment", name);
	return add_row(m, name ? take_ptr(name) : name_of(image), image, e);
}

/* Finds the environments, each with its settings. */
static int find_rows(struct running *run, const struct settings *project, struct err *e)
{
	const struct matrix_options *o = run->options;
	struct matrix *m = run->matrix;
	cleanup_free const struct setting **from = xcalloc(project->n + 1,
							   sizeof(const struct setting *));
	int r = 0;

	for (size_t i = 0; r == 0 && i < o->images.n; i++)
		r = add_given(m, o->images.v[i], e);
	for (size_t i = 0; r == 0 && !o->images.n && i < project->n; i++)
		if (setting_is(&project->v[i], KEY_MATRIX)) {
			from[m->n] = &project->v[i];
			r = add_row(m, xstrdup(project->v[i].key), project->v[i].value, e);
		}
	if (r == 0 && !m->n)
		return err_set(e, ERR_USAGE,
			       "no environments: name them in [matrix], or with --image");
	run->settings = xcalloc(m->n + 1, sizeof(*run->settings));
	run->granted = xcalloc(m->n + 1, sizeof(*run->granted));
	for (size_t i = 0; r == 0 && i < m->n; i++)
		r = load_settings(o, &m->v[i], o->images.n ? NULL : from[i], &run->settings[i], e);
	return r;
}

/* Asks once for each thing that any of them wants of this machine. */
static int ask_for_all(const struct running *run, struct err *e)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < run->matrix->n; i++)
		r = reach_ask_steps(run->store, &run->settings[i], &run->options->asker,
				    &run->granted[i], e);
	return r;
}

static int set_logs(const struct running *run, struct err *e)
{
	struct matrix *m = run->matrix;
	cleanup_free char *name = folder_box_name(m->project);
	cleanup_free char *own = xasprintf("%s/matrix/%s-%s", run->store->data, name,
					   store_key(m->project).hex);
	const char *given = run->options->logs ? run->options->logs : own;
	cleanup_free char *dir = NULL;
	int r = file_mkdirs(given, run->options->logs ? 0755 : 0700, e);

	if (r < 0)
		return r;
	dir = realpath(given, NULL);
	if (!dir)
		return err_sys(e, errno, "cannot use '%s'", given);
	for (size_t i = 0; i < m->n; i++)
		m->v[i].log = xasprintf("%s/%s.log", dir, m->v[i].name);
	return 0;
}

/* Never returns. */
static void be_child(const struct running *run, size_t i)
{
	const struct matrix_row *row = &run->matrix->v[i];
	cleanup_close int in = open("/dev/null", O_RDONLY | O_CLOEXEC), out = -1;
	int status = 125;
	struct err e;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	out = open(row->log, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0644);
	if (in < 0 || out < 0 || dup2(in, 0) < 0 || dup2(out, 1) < 0 || dup2(out, 2) < 0)
		_exit(125);
	if (run_row(run->store, run->options, &run->settings[i], &run->granted[i], row, &status,
		    &e) < 0) {
		if (e.code != ERR_SAID)
			dprintf(out, "sandbox: %s\n", e.msg);
		status = err_exit_status(&e);
	}
	_exit(status);
}

static int start_row(struct running *run, size_t row, struct err *e)
{
	struct job *job = &run->jobs[run->n_jobs];

	job->began = clock_ms();
	job->row = row;
	fflush(NULL);
	job->pid = fork();
	if (job->pid == 0)
		be_child(run, row);
	if (job->pid < 0)
		return err_sys(e, errno, "cannot start a process");
	run->n_jobs++;
	return 0;
}

static void note_end(struct running *run, pid_t pid, int status)
{
	for (size_t i = 0; i < run->n_jobs; i++) {
		struct job *job = &run->jobs[i];
		struct matrix_row *row = &run->matrix->v[job->row];

		if (job->pid != pid)
			continue;
		row->status = spawn_status(status);
		row->seconds = (double)(clock_ms() - job->began) / 1000;
		row->done = true;
		*job = run->jobs[--run->n_jobs];
		if (run->options->ended)
			run->options->ended(row, run->options->arg);
		return;
	}
}

static volatile sig_atomic_t interrupted;

static void on_interrupt(int sig)
{
	interrupted = sig;
}

static long default_jobs(void)
{
	cpu_set_t set;

	return sched_getaffinity(0, sizeof(set), &set) == 0 ? CPU_COUNT(&set) : 1;
}

/* Ctrl-C reaches the children too, which end their sessions: it must not end us first. */
static int run_all(struct running *run, struct err *e)
{
	size_t most = (size_t)(run->options->jobs ? run->options->jobs : default_jobs());
	struct sigaction catch = {.sa_handler = on_interrupt}, old;
	size_t next = 0;
	int r = 0, status;

	most = most > MAX_JOBS ? MAX_JOBS : most;
	sigaction(SIGINT, &catch, &old);
	while (run->n_jobs || (r == 0 && !interrupted && next < run->matrix->n)) {
		pid_t pid;

		while (r == 0 && !interrupted && next < run->matrix->n && run->n_jobs < most)
			r = start_row(run, next++, e);
		pid = run->n_jobs ? wait(&status) : -1;
		if (pid > 0)
			note_end(run, pid, status);
	}
	sigaction(SIGINT, &old, NULL);
	if (r == 0 && interrupted)
		return err_set(e, EINTR, "interrupted");
	return r;
}

static int run_open(struct running *run, struct matrix_options *o, struct err *e)
{
	cleanup_settings struct settings project = {0};
	int r;

	o->settings.project_dir = run->matrix->project;
	r = settings_load(&o->settings, &project, e);
	if (r == 0)
		r = find_rows(run, &project, e);
	if (r == 0)
		r = ask_for_all(run, e);
	if (r == 0)
		r = set_logs(run, e);
	if (r < 0)
		return r;
	sweep_store(run->store, true);
	return run_all(run, e);
}

int matrix_run(struct matrix_options *o, struct matrix *m, struct err *e)
{
	cleanup_store struct store s = STORE_INIT;
	struct running run = {.store = &s, .options = o, .matrix = m};
	int r;

	*m = (struct matrix){0};
	r = project_open(&s, o->project, &m->project, e);
	if (r == 0)
		r = run_open(&run, o, e);
	for (size_t i = 0; run.settings && i < m->n; i++)
		settings_clear(&run.settings[i]);
	for (size_t i = 0; run.granted && i < m->n; i++)
		strv_clear(&run.granted[i]);
	free(run.settings);
	free(run.granted);
	return r;
}
