/*
 * run.c - the flows of `sandbox run` and `sandbox exec`.
 */
#include "flow/run.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "box/box_create.h"
#include "box/lifecycle.h"
#include "box/service_tie.h"
#include "box/sweep.h"
#include "box/target.h"
#include "box/uppers.h"
#include "flow/drift.h"
#include "flow/learn.h"
#include "flow/net_note.h"
#include "grant/obeyed.h"
#include "start/boot.h"
#include "start/join.h"
#include "start/session.h"

/* State of one `sandbox run`. */
struct running {
	const struct store *store;
	struct settings *settings;
	const struct run_options *options;
	struct box box;
	struct image_root root;
	struct user user;    /* as known to the box */
	struct strv command; /* from the image and the caller; empty: the shell */
	int lifetime;	     /* the locked lifetime lock, until pid 1 has it */
	bool last;	     /* nothing else ran in the box when the command ended */
};

#define RUNNING_INIT                                                     \
	{                                                                \
		.box = BOX_INIT, .root = IMAGE_ROOT_INIT, .lifetime = -1 \
	}

static void running_clear(struct running *r)
{
	box_close(&r->box);
	image_root_clear(&r->root);
	user_clear(&r->user);
	strv_clear(&r->command);
	close_fd(&r->lifetime);
}

static int start_and_run(struct running *run, int *ret_status, struct err *e)
{
	const struct run_options *o = run->options;
	struct session_options session = o->session;
	cleanup_free struct port_setting *ports = NULL;
	struct boot_request req = {
		.store = run->store,
		.box = &run->box,
		.settings = run->settings,
		.user = &run->user,
		.root = &run->root,
		.lifetime = &run->lifetime,
		.mounts = o->mounts,
		.n_mounts = o->n_mounts,
		.hostname = o->hostname,
		.session = &session,
		.cwd = run->root.plan.workdir ? run->root.plan.workdir : "/",
		.detach = o->detach ? "run" : NULL,
		.ret_last = &run->last,
	};
	int r = settings_ports(run->settings, &ports, &req.n_ports, e);

	if (r < 0)
		return r;
	req.ports = ports;
	session.argv = run->command.v;
	return boot(&req, ret_status, e);
}

static int prepare_box(struct running *run, struct run_options *o, struct err *e)
{
	const char *own[] = {o->entrypoint && *o->entrypoint ? o->entrypoint : NULL, NULL};
	cleanup_user struct user caller = {0};
	cleanup_free char *here = getcwd(NULL, 0);
	struct image_request image = {
		.store = run->store, .image = o->image, .base = here ? here : "/"};
	int r = image_resolve(&image, &run->root, e);

	if (r < 0)
		return r;
	user_self(&caller);
	session_warn_host_root(&caller);
	o->session.root = image_user(&run->root.plan, &caller, &run->user) || o->session.root ||
			  settings_bool(run->settings, KEY_ROOT);
	r = o->session.root || o->session.user ? 0 : image_check_user(&run->root.plan, e);
	if (r < 0)
		return r;
	image_command(&run->root.plan, o->entrypoint ? own : NULL,
		      (const char *const *)o->session.argv, &run->command);
	return box_create_temporary(run->store, o->name, o->image, &run->root.digest,
				    !o->disk && uppers_work_in_memory(), &run->box, &run->lifetime,
				    e);
}

int run_throwaway(struct run_options *o, char **ret_name, int *ret_status, struct err *e)
{
	cleanup_store struct store s = STORE_INIT;
	cleanup_settings struct settings settings = {0};
	__attribute__((cleanup(running_clear))) struct running run = RUNNING_INIT;
	cleanup_learning struct learning learning = LEARNING_INIT;
	struct obeyed_session session;
	struct err ignored;
	int r = store_open(&s, e);

	obeyed_begin(&session);
	if (r == 0)
		r = box_check_name(o->name, e);
	if (r == 0)
		r = settings_load(&o->settings, &settings, e);
	if (r < 0)
		return r;
	sweep_store(&s, true);
	run.store = &s;
	run.settings = &settings;
	run.options = o;
	r = prepare_box(&run, o, e);
	if (r < 0)
		return r;
	if (o->learned)
		r = learn_begin(&s, &run.box, &learning, e);
	if (r == 0)
		r = start_and_run(&run, ret_status, e);
	if (r == 0 && o->learned)
		r = learn_end(&learning, &settings, o->learned, e);
	if (r == 0 && o->detach) {
		*ret_name = xstrdup(run.box.name);
		return 0;
	}
	for (size_t i = 0; i < o->n_mounts; i++)
		if (!o->mounts[i].read_only && !o->mounts[i].cache)
			obeyed_say_in(o->mounts[i].source, &settings, &session);
	session.failed = r < 0;
	net_note_say(&s, &run.box, &session);
	/* Somebody else uses it, or it is still ending: a later sweep removes it. */
	if (r == 0 && !run.last && box_is_running(&run.box))
		return 0;
	/* A box in memory disappears by itself; files on disk can go only after the namespaces. */
	if (!run.box.in_memory)
		box_wait_gone(&run.box, BOX_GONE_MS);
	box_remove(&s, &run.box, &ignored);
	return r < 0 ? err_add(e, "cannot run '%s'", o->image) : 0;
}

/* As its program's user. */
static int join_service(const struct store *s, const struct box *b, const struct settings *settings,
			const struct user *caller, const struct session_options *o, int *connection,
			int *ret_status, struct err *e)
{
	cleanup_service_tie struct service_tie tie = {0};
	struct session_options own = *o;
	int r = service_tie_read(b->dir_fd, &tie, e);

	own.root = tie.user && streq(tie.user, "root");
	own.user = own.root ? NULL : tie.user;
	return r < 0 ? r
		     : box_session_join(s, b, settings, caller, &own, false, connection, ret_status,
					e);
}

int run_exec(const char *name, const struct session_options *o, int *ret_status, struct err *e)
{
	cleanup_store struct store s = STORE_INIT;
	cleanup_settings struct settings settings = {0};
	cleanup_box struct box b = BOX_INIT;
	cleanup_close int connection = -1;
	cleanup_user struct user u = {0};
	struct settings_request req = {0};
	struct session_options own = *o;
	struct obeyed_session session;
	int r = store_open(&s, e);

	if (r == 0)
		r = box_find(&s, name, &b, e);
	if (r < 0)
		return r;
	obeyed_begin(&session);
	req.project_dir = b.project;
	r = settings_load(&req, &settings, e);
	if (r < 0)
		return r;
	user_self(&u);
	r = box_connect(&b, &connection);
	if (r < 0)
		return r == -ENOLINK ? box_out_of_reach(&b, e) : box_not_running(&b, e);
	r = b.temporary ? 0 : drift_check_folder(&b, e);
	if (r == 0 && !b.temporary)
		r = drift_check_running(&b, &settings, NULL, e);
	if (r < 0)
		return r;
	if (!box_is_images(&b) && !o->tools)
		session_set_user(&settings, &own);
	if (b.service && !o->root && !o->user && !o->tools)
		r = join_service(&s, &b, &settings, &u, o, &connection, ret_status, e);
	else
		r = box_session_join(&s, &b, &settings, &u, &own, false, &connection, ret_status,
				     e);
	if (r == -ERR_RETRY)
		r = box_no_answer(&b, e);
	session.failed = r < 0;
	obeyed_say(&b, &settings, &session);
	net_note_say(&s, &b, &session);
	return r;
}
