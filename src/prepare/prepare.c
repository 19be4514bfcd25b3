/*
 * prepare.c - running the steps of a recipe.
 *
 * Each runs in a throw-away box with its files on disk (step_run.c). Promises that no layer is
 * taken from a box that may still write: first its namespaces are gone.
 */
#include "prepare/prepare.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/log.h"
#include "base/new_file.h"
#include "base/path.h"
#include "base/proc.h"
#include "box/box_create.h"
#include "box/prepared.h"
#include "box/uppers.h"
#include "config/schema.h"
#include "config/value.h"
#include "prepare/prebuilt.h"
#include "prepare/resolved.h"
#include "prepare/step_log.h"
#include "prepare/step_run.h"

struct preparing {
	const struct prepare_request *req;
	const struct recipe_step *step;
	struct settings settings; /* the settings of the project that a step may have */
	struct user user;
	struct strv layers; /* so far, bottom first */
	size_t number;
	char *text;    /* of the step, with the base image */
	bool resolves; /* the step's packages are not locked yet, and must be */
	bool fetched;  /* the layers below came from the project's repository */
};

static void preparing_clear(struct preparing *p)
{
	settings_clear(&p->settings);
	user_clear(&p->user);
	strv_clear(&p->layers);
	free(p->text);
}

static int failed(const struct preparing *p, int status, const char *log, struct err *e)
{
	const char *denied = p->req->settings->network_denied;
	const struct store *s = p->req->store;

	if (step_was_interrupted())
		return err_set(e, EINTR,
			       "interrupted in step %zu of %zu (%s): the steps before it are kept",
			       p->number, p->req->recipe->n, p->step->title);
	return err_set(
		e, EIO,
		"step %zu of %zu (%s) failed with status %d%s%s%s: 'sandbox enter --rescue' opens "
		"a shell there; its last lines stand above, all of them are in '%s/%s'%s%s",
		p->number, p->req->recipe->n, p->step->title, status, denied ? " (" : "",
		denied ? denied : "", denied ? " denies the network)" : "", s->data, log,
		p->step->locked ? "; what 'sandbox.lock' names may be gone: 'sandbox lock "
				  "--update' resolves it again"
				: "",
		p->step->manager ? "" : value_script_hint(p->step->argv.v[2]));
}

static struct step_run step_of(struct preparing *p)
{
	return (struct step_run){.req = p->req,
				 .step = p->step,
				 .settings = &p->settings,
				 .user = &p->user,
				 .layers = &p->layers};
}

static int run_logged(struct preparing *p, struct box *b, int lifetime, struct err *e)
{
	struct step_log log = {.step = {.number = p->number,
					.of = p->req->recipe->n,
					.title = p->step->title,
					.doing = "preparing",
					.done = "prepared"}};
	cleanup_free char *path = prepared_log(p->text);
	const struct step_run run = step_of(p);
	int status = 125, r = step_log_open(&log, p->req->store->data_fd, path, e);
	struct err ignored;

	if (r < 0)
		return r;
	r = step_run(&run, b, lifetime, &log, &status, e);
	if (r == 0 && status != 0) {
		r = failed(p, status, path, e);
		if (p->req->settings->project_dir)
			prepared_set_failure(p->req->store, p->req->settings->project_dir, path);
	}
	if (step_log_close(&log, r == 0, r == 0 ? e : &ignored) < 0 && r == 0)
		r = -e->code;
	return r;
}

/* A shell in the box of the step that failed, as it was left. */
static void rescue(struct preparing *p, struct box *b, int lifetime, const struct err *why)
{
	const struct step_run run = step_of(p);
	struct err e;

	log_warn("%s", why->msg);
	log_note("a shell where the step failed: what you change here is lost when you leave it");
	if (step_shell(&run, b, lifetime, &e) < 0)
		log_warn("%s", e.msg);
}

/* The manifest of an image, or the layer of the image `host`, which changes with the host. */
static const char *base_of(const struct image_root *root)
{
	return root->digest.hex[0] ? root->digest.hex : path_basename(root->lowers.v[0]);
}

/*
 * A layer on top of a repository's is also only for projects that name it: its content may depend
 * on that one.
 */
static void set_text(struct preparing *p)
{
	cleanup_free char *text = NULL;

	p->step = &p->req->recipe->v[p->number - 1];
	text = xasprintf("image %s\n%s", base_of(p->req->root), p->step->text);
	free(p->text);
	p->text = p->fetched ? prebuilt_text(p->req->settings, text) : take_ptr(text);
}

/* The layer belongs to the recipe with what was resolved in its lock. */
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

/* Holds the lifetime lock until the layer is sealed, so that no sweep removes the box. */
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
	/* boot() makes it too; but a failure here is our error and not the step's. */
	r = box_make_runtime(s, &b, e);
	if (r == 0)
		r = run_logged(p, &b, lifetime, e);
	if (r == -EIO && p->req->rescue && box_wait_gone(&b, BOX_GONE_MS))
		rescue(p, &b, lifetime, e);
	if (!box_wait_gone(&b, BOX_GONE_MS) && r == 0)
		r = err_set(e, EBUSY, "the box of step %zu does not end", p->number);
	upper = xasprintf("boxes/%s/upper", b.id);
	if (r == 0)
		r = sync_fs(s->data_fd, s->data, e);
	if (r == 0)
		r = p->resolves ? seal_resolved(p, upper, ret_layer, e)
				: prepared_seal(s, p->text, upper, ret_layer, e);
	box_remove(s, &b, &ignored);
	return r;
}

/* Serializes package managers whose cache cannot be used concurrently. */
static int lock_caches(const struct preparing *p, int *ret_fd, struct err *e)
{
	cleanup_close int fd = -1;

	if (!p->step->manager || !p->step->manager->one_at_a_time)
		return 0;
	fd = openat(p->req->store->data_fd, "caches", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return err_sys(e, errno, "cannot open '%s/caches'", p->req->store->data);
	if (file_lock(fd, "caches", e) < 0)
		return -e->code;
	*ret_fd = take_fd(&fd);
	return 0;
}

/* Packages come over the network, also if the box has none. */
static const char *step_network(const struct settings *s)
{
	const char *of_box = settings_get(s, KEY_NETWORK);

	return s->network_denied ? "none" : streq(of_box, "none") ? "gateway" : of_box;
}

/* Variables, caches, and keys that steps have too; the other settings are for sessions. */
static int narrow_settings(struct preparing *p, struct err *e)
{
	const struct settings *s = p->req->settings;
	struct settings_request none = {0};
	int r;

	settings_clear(&p->settings);
	strv_push_take(&none.overrides, xasprintf("network=%s", step_network(s)));
	strv_push(&none.overrides, "sudo=no");
	r = settings_load(&none, &p->settings, e);
	strv_clear(&none.overrides);
	for (size_t i = 0; r == 0 && i < s->n; i++)
		if (recipe_step_has(p->step, &s->v[i]) || s->v[i].row->steps)
			settings_add(&p->settings, &s->v[i]);
	return r;
}

/* Made here, or fetched from the project's repository; then so are all that follow. */
static int find_layer(struct preparing *p, char **ret_layer, struct err *e)
{
	int r = p->resolves ? -ENOENT : prepared_find(p->req->store, p->text, ret_layer, e);

	if (r != -ENOENT || p->resolves || p->fetched || !prebuilt_repository(p->req->settings))
		return r;
	p->fetched = true;
	set_text(p);
	r = prepared_find(p->req->store, p->text, ret_layer, e);
	if (r == -ENOENT) {
		p->fetched = false;
		set_text(p);
	}
	return r;
}

static int prepare_step(struct preparing *p, char **ret_layer, struct err *e)
{
	const struct store *s = p->req->store;
	cleanup_close int lock = -1, caches = -1;
	int r = find_layer(p, ret_layer, e);

	if (r != -ENOENT)
		return r;
	r = prepared_lock(s, p->text, &lock, e);
	if (r < 0)
		return r;
	r = find_layer(p, ret_layer, e);
	if (r != -ENOENT)
		return r;
	r = narrow_settings(p, e);
	if (r == 0)
		r = lock_caches(p, &caches, e);
	return r < 0 ? r : run_and_seal(p, ret_layer, e);
}

static int check_request(const struct prepare_request *req, struct err *e)
{
	const char *why = NULL;

	if (streq(req->image, "host") && req->recipe->v[0].manager)
		return err_set(e, ENOTSUP,
			       "[packages] need an image of their own: 'host' shows this machine's "
			       "/usr; set 'image = debian:bookworm', say");
	if (req->root->read_only || starts_with(req->image, "dir:"))
		return err_set(e, ENOTSUP,
			       "[packages] and [run] need an image that stays as it is: '%s' is a "
			       "directory ('sandbox image import' makes an image of it)",
			       req->image);
	if (!uppers_work_in_store(req->store, &why))
		return err_set(
			e, ENOTSUP,
			"the data directory '%s' is on %s, which cannot hold prepared layers: "
			"set XDG_DATA_HOME to another file system",
			req->store->data, why);
	return 0;
}

/* Before a step is run, the repository is asked: it has all of them or none. */
static int ask_repository(struct preparing *p, struct err *e)
{
	const struct prepare_request *req = p->req;
	cleanup_strv struct strv texts = {0};
	bool missing = false;
	int r;

	if (req->resolve || !prebuilt_repository(req->settings))
		return 0;
	for (p->number = 1; p->number <= req->recipe->n; p->number++) {
		cleanup_free char *layer = NULL;
		struct err ignored;

		p->fetched = false;
		set_text(p);
		strv_push_take(&texts, prebuilt_text(req->settings, p->text));
		missing |= find_layer(p, &layer, &ignored) == -ENOENT;
	}
	p->fetched = false;
	r = missing ? prebuilt_fetch(req, &texts, e) : 0;
	return r < 0 ? r : 0;
}

int prepare_layers(const struct prepare_request *req, struct strv *ret_layers, bool *ret_fetched,
		   struct err *e)
{
	__attribute__((cleanup(preparing_clear))) struct preparing p = {.req = req};
	int r = check_request(req, e);

	if (r < 0)
		return r;
	user_self(&p.user);
	r = ask_repository(&p, e);
	for (size_t i = 0; r == 0 && i < req->recipe->n; i++) {
		char *layer = NULL;

		p.number = i + 1;
		set_text(&p);
		p.resolves = req->resolve && p.step->manager && !p.step->locked;
		r = prepare_step(&p, &layer, e);
		if (r == 0)
			strv_push_take(&p.layers, layer);
	}
	if (r == 0 && req->settings->project_dir)
		prepared_set_failure(req->store, req->settings->project_dir, NULL);
	if (r < 0)
		return r;
	*ret_fetched = p.fetched;
	for (size_t i = p.layers.n; i-- > 0;)
		strv_push(ret_layers, p.layers.v[i]);
	return 0;
}
