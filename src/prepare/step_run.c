/*
 * step_run.c - one step of a recipe in its throw-away box.
 *
 * Runs as box-root, with the host's network, and with only those parts of the project that are in
 * the recipe's text: caches, variables, and for [run] its directory, read-only at /run/project.
 */
#include "prepare/step_run.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/path.h"
#include "base/spawn.h"
#include "start/boot.h"

/* The image as a step sees it: with the layers of earlier steps on top. */
static void stack_layers(const struct step_run *p, struct image_root *ret)
{
	const struct image_root *root = p->req->root;

	*ret = (struct image_root){.lease = -1, .plan = root->plan};
	for (size_t i = p->layers->n; i-- > 0;)
		strv_push_take(&ret->lowers, path_join(p->req->store->data, p->layers->v[i]));
	for (size_t i = 0; i < root->lowers.n; i++)
		strv_push(&ret->lowers, root->lowers.v[i]);
	for (size_t i = 0; i < root->binds.n; i++)
		strv_push(&ret->binds, root->binds.v[i]);
}

static void add_variables(struct strv *env)
{
	strv_push(env, "LC_ALL=C.UTF-8");
	strv_push(env, "DEBIAN_FRONTEND=noninteractive");
	strv_push(env, "SOURCE_DATE_EPOCH");
}

/* Runs a command in the box of the step, with everything that the step has. */
static int run_in_box(const struct step_run *p, struct box *b, int lifetime, char **argv,
		      int *ret_status, struct err *e)
{
	struct image_root root;
	/* A package manager does not need it. */
	struct extra_mount project = {.source = p->step->manager ? NULL
								 : p->req->settings->project_dir,
				      .target = (char *)RECIPE_PROJECT,
				      .read_only = true};
	struct session_options session = {.root = true, .argv = argv};
	const struct boot_request req = {.store = p->req->store,
					 .box = b,
					 .settings = p->settings,
					 .user = p->user,
					 .root = &root,
					 .lifetime = &lifetime,
					 .mounts = &project,
					 .n_mounts = project.source != NULL,
					 .hostname = "sandbox",
					 .sealed = true,
					 .quiet = true,
					 .session = &session,
					 .cwd = project.source ? RECIPE_PROJECT : "/"};
	int r;

	stack_layers(p, &root);
	add_variables(&session.env);
	r = boot(&req, ret_status, e);
	strv_clear(&session.env);
	strv_clear(&root.lowers);
	strv_clear(&root.binds);
	return r;
}

/* Never returns. Its end ends the session, and so the box. */
static void be_child(const struct step_run *p, struct box *b, int lifetime, int out)
{
	cleanup_close int in = open("/dev/null", O_RDONLY | O_CLOEXEC);
	struct err e;
	int status = 125;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (in < 0 || dup2(in, 0) < 0 || dup2(out, 1) < 0 || dup2(out, 2) < 0)
		_exit(125);
	if (run_in_box(p, b, lifetime, p->step->argv.v, &status, &e) < 0) {
		dprintf(out, "%s\n", e.msg);
		_exit(125);
	}
	_exit(status);
}

/* Reads the output of the step and of everything it left behind, until all have ended. */
static void read_output(int fd, struct step_log *log)
{
	char data[16384];
	ssize_t n;

	while ((n = read(fd, data, sizeof(data))) > 0 || (n < 0 && errno == EINTR))
		if (n > 0)
			step_log_add(log, data, (size_t)n);
}

static volatile sig_atomic_t interrupted;

static void on_interrupt(int sig)
{
	interrupted = sig;
}

/* Ctrl-C reaches the child as well, which ends its session: it must not end us first. */
static int wait_for(pid_t pid, int out, struct step_log *log)
{
	struct sigaction catch = {.sa_handler = on_interrupt}, old;
	int status;

	sigaction(SIGINT, &catch, &old);
	read_output(out, log);
	status = spawn_wait(pid);
	sigaction(SIGINT, &old, NULL);
	return status;
}

int step_run(const struct step_run *p, struct box *b, int lifetime, struct step_log *log,
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
	*ret_status = wait_for(pid, out[0], log);
	close(out[0]);
	return 0;
}

bool step_was_interrupted(void)
{
	return interrupted;
}

int step_shell(const struct step_run *p, struct box *b, int lifetime, struct err *e)
{
	int status;

	return run_in_box(p, b, lifetime, NULL, &status, e);
}
