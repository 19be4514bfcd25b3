/*
 * step_run.c - one step of a recipe in its throw-away box.
 *
 * Runs as box-root, with a network that no policy of the project restricts, and with only those
 * parts of the project that are in the recipe's text: caches, variables, and for [run] its
 * directory, read-only at /run/project.
 */
#include "prepare/step_run.h"

#include <signal.h>

#include "base/path.h"
#include "prepare/step_box.h"

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

/* What the step has, besides its command. */
static void describe(const struct step_run *p, struct image_root *root, struct extra_mount *project,
		     struct step_box *ret)
{
	/* A package manager does not need it. */
	*project = (struct extra_mount){.source = p->step->manager ? NULL
								   : p->req->settings->project_dir,
					.target = (char *)RECIPE_PROJECT,
					.read_only = true};
	*ret = (struct step_box){.store = p->req->store,
				 .settings = p->settings,
				 .user = p->user,
				 .root = root,
				 .mounts = project,
				 .n_mounts = project->source != NULL,
				 .session = {.root = true},
				 .cwd = project->source ? RECIPE_PROJECT : "/"};
	stack_layers(p, root);
	add_variables(&ret->session.env);
}

static void forget(struct image_root *root, struct step_box *box)
{
	strv_clear(&box->session.env);
	strv_clear(&root->lowers);
	strv_clear(&root->binds);
}

static volatile sig_atomic_t interrupted;

static void on_interrupt(int sig)
{
	interrupted = sig;
}

/* Ctrl-C reaches the child as well, which ends its session: it must not end us first. */
int step_run(const struct step_run *p, struct box *b, int lifetime, struct step_log *log,
	     int *ret_status, struct err *e)
{
	struct sigaction catch = {.sa_handler = on_interrupt}, old;
	struct image_root root;
	struct extra_mount project;
	struct step_box box;
	int r;

	describe(p, &root, &project, &box);
	box.session.argv = p->step->argv.v;
	sigaction(SIGINT, &catch, &old);
	r = step_box_run(&box, b, lifetime, log, ret_status, e);
	sigaction(SIGINT, &old, NULL);
	forget(&root, &box);
	return r;
}

bool step_was_interrupted(void)
{
	return interrupted;
}

int step_shell(const struct step_run *p, struct box *b, int lifetime, struct err *e)
{
	struct image_root root;
	struct extra_mount project;
	struct step_box box;
	int r;

	describe(p, &root, &project, &box);
	r = step_box_shell(&box, b, lifetime, e);
	forget(&root, &box);
	return r;
}
