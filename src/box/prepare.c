/*
 * prepare.c - running the steps of a recipe.
 *
 * A step runs in a throw-away box with its files on disk, as box-root, with the network of the host
 * and of the project only what the recipe's text speaks of: caches, variables, and for [run] its folder,
 * read-only at /run/project. Promises
 * that no layer is taken from a box that may still write: its namespaces are gone before.
 */
#include "box/prepare.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/log.h"
#include "base/path.h"
#include "base/proc.h"
#include "box/assemble.h"
#include "box/prepared.h"
#include "box/box_create.h"
#include "box/resolved.h"
#include "box/session.h"
#include "box/step_log.h"

struct preparing {
	const struct prepare_request *req;
	const struct recipe_step *step;
	struct settings settings; /* what of the project's a step may have */
	struct user user;
	struct strv layers; /* so far, from the bottom */
	size_t number;
	char *text;    /* of the step, with the image it all begins with */
	bool resolves; /* the step's packages are not locked yet, and shall be */
};

static void preparing_clear(struct preparing *p)
{
	settings_clear(&p->settings);
	user_clear(&p->user);
	strv_clear(&p->layers);
	free(p->text);
}

/* The image as a step sees it: the layers of those before it on top. */
static void stack_layers(const struct preparing *p, struct image_root *ret)
{
	const struct image_root *root = p->req->root;

	*ret = (struct image_root){.lease = -1, .plan = root->plan};
	for (size_t i = p->layers.n; i-- > 0;)
		strv_push_take(&ret->lowers, path_join(p->req->store->data, p->layers.v[i]));
	for (size_t i = 0; i < root->lowers.n; i++)
		strv_push(&ret->lowers, root->lowers.v[i]);
	for (size_t i = 0; i < root->binds.n; i++)
		strv_push(&ret->binds, root->binds.v[i]);
}

static void add_variables(struct strv *env)
{
	static const char *const passed[] = {
		"http_proxy", "https_proxy", "no_proxy",  "HTTP_PROXY",	       "HTTPS_PROXY",
		"NO_PROXY",   "ALL_PROXY",   "all_proxy", "SOURCE_DATE_EPOCH", "FTP_PROXY"};

	strv_push(env, "LC_ALL=C.UTF-8");
	strv_push(env, "DEBIAN_FRONTEND=noninteractive");
	for (size_t i = 0; i < ARRAY_SIZE(passed); i++)
		strv_push(env, passed[i]);
}

/* In the child, whose output goes to the log: the step in its box. Returns its exit status. */
static int run_in_box(const struct preparing *p, const struct box *b, int lifetime, int *ret_status,
		      struct err *e)
{
	const struct prepare_request *req = p->req;
	cleanup_assembly struct assembly a = {0};
	struct image_root root;
	struct started_box started = {.boot_fd = -1};
	/* A package manager needs nothing of it. */
	struct extra_mount project = {.source = p->step->manager ? NULL
								 : req->settings->project_dir,
				      .target = (char *)RECIPE_PROJECT,
				      .read_only = true};
	struct assemble_request assembling = {.store = req->store,
					      .box = b,
					      .settings = &p->settings,
					      .user = &p->user,
					      .root = &root,
					      .mounts = &project,
					      .n_mounts = project.source != NULL,
					      .hostname = "sandbox",
					      .sealed = true};
	struct session_options options = {.root = true, .argv = p->step->argv.v};
	struct box_session session = {.box = b,
				      .settings = &p->settings,
				      .user = &p->user,
				      .options = &options,
				      .plan = &req->root->plan,
				      .home = "/root",
				      .cwd = project.source ? RECIPE_PROJECT : "/"};
	int r;

	stack_layers(p, &root);
	add_variables(&options.env);
	r = assemble(&assembling, &a, e);
	if (r == 0)
		r = box_start(b, &a, lifetime, NULL, &started, e);
	return r < 0 ? r : box_session_run(&session, started.boot_fd, ret_status, e);
}

/* Never returns. Its end ends the session, and that the box. */
static void be_child(const struct preparing *p, const struct box *b, int lifetime, int out)
{
	cleanup_close int in = open("/dev/null", O_RDONLY | O_CLOEXEC);
	struct err e;
	int status = 125;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (in < 0 || dup2(in, 0) < 0 || dup2(out, 1) < 0 || dup2(out, 2) < 0)
		_exit(125);
	if (run_in_box(p, b, lifetime, &status, &e) < 0) {
		dprintf(2, "%s\n", e.msg);
		_exit(125);
	}
	_exit(status);
}

/* All that the step says, until it and all it left behind have ended. */
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

/* Ctrl-C reaches the child as well, which ends its session: here it only must not end us first. */
static int wait_for(pid_t pid, int out, struct step_log *log)
{
	struct sigaction catch = {.sa_handler = on_interrupt}, old;
	int status;

	sigaction(SIGINT, &catch, &old);
	read_output(out, log);
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	sigaction(SIGINT, &old, NULL);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

static int run_child(const struct preparing *p, const struct box *b, int lifetime,
		     struct step_log *log, int *ret_status, struct err *e)
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

static int failed(const struct preparing *p, int status, const char *log, struct err *e)
{
	const struct store *s = p->req->store;

	if (interrupted)
		return err_set(e, EINTR,
			       "interrupted in step %zu of %zu (%s): the steps before it are kept",
			       p->number, p->req->recipe->n, p->step->title);
	return err_set(e, EIO,
		       "step %zu of %zu (%s) failed with status %d: its last lines stand above, "
		       "all of them are in '%s/%s'",
		       p->number, p->req->recipe->n, p->step->title, status, s->data, log);
}

static int run_logged(const struct preparing *p, const struct box *b, int lifetime, struct err *e)
{
	struct step_log log = {
		.title = p->step->title, .number = p->number, .of = p->req->recipe->n};
	cleanup_free char *path = prepared_log(p->text);
	int status = 125, r = step_log_open(&log, p->req->store->data_fd, path, e);
	struct err ignored;

	if (r < 0)
		return r;
	r = run_child(p, b, lifetime, &log, &status, e);
	if (r == 0 && status != 0)
		r = failed(p, status, path, e);
	if (step_log_close(&log, r == 0, r == 0 ? e : &ignored) < 0 && r == 0)
		r = -e->code;
	return r;
}

/* The manifest of an image, or the layer of the image `host`, which is made anew when the host changes. */
static const char *base_of(const struct image_root *root)
{
	return root->digest.hex[0] ? root->digest.hex : path_basename(root->lowers.v[0]);
}

static void set_text(struct preparing *p)
{
	p->step = &p->req->recipe->v[p->number - 1];
	free(p->text);
	p->text = xasprintf("image %s\n%s", base_of(p->req->root), p->step->text);
}

/* What was resolved is the layer of the lock that says so. */
static int seal_resolved(struct preparing *p, const char *upper, char **ret_layer, struct err *e)
{
	const struct prepare_request *req = p->req;
	cleanup_close int lock = -1;
	int r = resolved_note(req->store, upper, req->settings, p->step->manager, req->resolve, e);

	if (r == 0)
		r = resolved_recipe(req->settings, req->resolve, req->recipe, e);
	if (r < 0)
		return r;
	set_text(p);
	r = prepared_lock(req->store, p->text, &lock, e);
	if (r == 0)
		r = prepared_find(req->store, p->text, ret_layer, e);
	return r == -ENOENT ? prepared_seal(req->store, p->text, upper, ret_layer, e) : r;
}

/* The lifetime lock is held until the layer is sealed: nobody sweeps the box away meanwhile. */
static int run_and_seal(struct preparing *p, char **ret_layer, struct err *e)
{
	const struct store *s = p->req->store;
	cleanup_free char *upper = NULL;
	cleanup_close int lifetime = -1;
	cleanup_box struct box b = BOX_INIT;
	struct err ignored;
	int r = box_create_temporary(s, NULL, p->req->image, &p->req->root->digest, false, &b,
				     &lifetime, e);

	if (r < 0)
		return r;
	r = box_make_runtime(s, &b, e);
	if (r == 0)
		r = run_logged(p, &b, lifetime, e);
	if (!box_wait_gone(&b, BOX_GONE_MS) && r == 0)
		r = err_set(e, EBUSY, "the box of step %zu does not end", p->number);
	upper = xasprintf("boxes/%s/upper", b.id);
	if (r == 0)
		r = p->resolves ? seal_resolved(p, upper, ret_layer, e)
				: prepared_seal(s, p->text, upper, ret_layer, e);
	box_remove(s, &b, &ignored);
	return r;
}

/* One package manager at a time in a cache that cannot bear two. */
static int lock_caches(const struct preparing *p, int *ret_fd, struct err *e)
{
	*ret_fd = -1;
	if (!p->step->manager || !p->step->manager->one_at_a_time)
		return 0;
	*ret_fd = openat(p->req->store->data_fd, "caches", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (*ret_fd < 0)
		return err_sys(e, errno, "cannot open '%s/caches'", p->req->store->data);
	return file_lock(*ret_fd, "caches", e);
}

/* Variables and caches; the rest of the project's settings is for sessions. */
static int narrow_settings(struct preparing *p, struct err *e)
{
	const struct settings *s = p->req->settings;
	struct settings_request none = {0};
	int r;

	settings_clear(&p->settings);
	strv_push(&none.overrides, "network=host");
	strv_push(&none.overrides, "sudo=no");
	r = settings_load(&none, &p->settings, e);
	strv_clear(&none.overrides);
	for (size_t i = 0; r == 0 && i < s->n; i++)
		if (recipe_step_has(p->step, &s->v[i]))
			settings_add(&p->settings, &s->v[i]);
	return r;
}

static int prepare_step(struct preparing *p, char **ret_layer, struct err *e)
{
	const struct store *s = p->req->store;
	cleanup_close int lock = -1, caches = -1;
	int r = p->resolves ? -ENOENT : prepared_find(s, p->text, ret_layer, e);

	if (r != -ENOENT)
		return r;
	r = prepared_lock(s, p->text, &lock, e);
	if (r < 0)
		return r;
	r = p->resolves ? -ENOENT : prepared_find(s, p->text, ret_layer, e);
	if (r != -ENOENT)
		return r;
	r = narrow_settings(p, e);
	if (r == 0)
		r = lock_caches(p, &caches, e);
	return r < 0 ? r : run_and_seal(p, ret_layer, e);
}

static int check(const struct prepare_request *req, struct err *e)
{
	const char *why = NULL;

	if (streq(req->image, "host") && req->recipe->v[0].manager)
		return err_set(e, ENOTSUP,
			       "[packages] need an image of their own: 'host' shows this machine's "
			       "/usr; set 'image = debian:bookworm', say");
	if (req->root->read_only || starts_with(req->image, "dir:"))
		return err_set(e, ENOTSUP,
			       "[packages] and [run] need an image that stays as it is: '%s' is a "
			       "folder ('sandbox image import' makes an image of it)",
			       req->image);
	if (!store_holds_uppers(req->store, &why))
		return err_set(e, ENOTSUP,
			       "the data folder '%s' is on %s, which cannot hold prepared layers: "
			       "set XDG_DATA_HOME to another file system",
			       req->store->data, why);
	return 0;
}

int prepare(const struct prepare_request *req, struct strv *ret_layers, struct err *e)
{
	__attribute__((cleanup(preparing_clear))) struct preparing p = {.req = req};
	int r = check(req, e);

	if (r < 0)
		return r;
	user_self(&p.user);
	for (size_t i = 0; r == 0 && i < req->recipe->n; i++) {
		char *layer = NULL;

		p.number = i + 1;
		set_text(&p);
		p.resolves = req->resolve && p.step->manager && !p.step->locked;
		r = prepare_step(&p, &layer, e);
		if (r == 0)
			strv_push_take(&p.layers, layer);
	}
	for (size_t i = p.layers.n; r == 0 && i-- > 0;)
		strv_push(ret_layers, p.layers.v[i]);
	return r;
}
