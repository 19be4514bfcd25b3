/*
 * enter.c - the flow of `sandbox enter`.
 *
 * For a box that may already run:
 *	lock the box; connect to its control socket
 *	  there is an answer	unlock; the session runs in the box that is there
 *	  there is none		boot(): wait until the last pid 1's namespaces are gone; bind a
 *				new socket; start; hold the lock until pid 1 has taken the session
 *	the connection ended unanswered (ERR_RETRY): the box was on its way out; once more
 */
#include "flow/run.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/log.h"
#include "base/path.h"
#include "box/box_create.h"
#include "box/folder.h"
#include "box/lifecycle.h"
#include "box/moved.h"
#include "box/project.h"
#include "box/salvage.h"
#include "box/target.h"
#include "config/service.h"
#include "config/xdg.h"
#include "flow/devcontainer.h"
#include "flow/drift.h"
#include "flow/learn.h"
#include "flow/net_note.h"
#include "flow/rebuild.h"
#include "flow/services.h"
#include "grant/dotfiles.h"
#include "grant/obeyed.h"
#include "grant/reach.h"
#include "prepare/locked.h"
#include "prepare/origin.h"
#include "start/boot.h"
#include "start/join.h"
#include "start/session.h"

#define MAX_TRIES 5 /* boxes that end just when we join them, one after the other */

struct entering {
	const struct store *store;
	struct settings *settings;
	const struct user *user;
	struct enter_options *options;
	struct lock_file *lock; /* to follow, or NULL */
	struct box *found;	/* found with the project, until it is checked; or closed */
	struct strv granted;	/* of the host, a moment ago */
	bool initialized;	/* what the project runs on the host has run */
	bool asked;		/* the user was asked before the box was made */
	bool told;		/* what is printed once, however many tries, was printed */
};

static struct devcontainer_request devcontainer_of(struct entering *in, const struct box *b,
						   const char *home)
{
	return (struct devcontainer_request){.store = in->store,
					     .load = &in->options->settings,
					     .box = b,
					     .home = home,
					     .asker = &in->options->asker,
					     .granted = &in->granted,
					     .trial = in->options->trial,
					     .again = in->options->initialize,
					     .rescue = in->options->rescue};
}

/* Once, before the box is made or started. */
static int initialize(struct entering *in, const struct box *b, const char *home, struct err *e)
{
	struct devcontainer_request req = devcontainer_of(in, b, home);
	int r = in->initialized ? 0 : devcontainer_initialize(&req, in->settings, e);

	in->initialized = r == 0;
	return r;
}

/* Before a box is made, or made again. */
static int prepare_devcontainer(struct entering *in, const struct box *b, const char *home,
				struct err *e)
{
	struct devcontainer_request req = devcontainer_of(in, b, home);

	return in->settings->devcontainer ? devcontainer_prepare(&req, in->settings, e) : 0;
}

static int boot_box(const struct entering *in, struct box *b, int *ret_status, struct err *e)
{
	cleanup_buf struct buf notes = BUF_INIT;
	cleanup_free struct port_setting *ports = NULL;
	struct boot_request req = {.store = in->store,
				   .box = b,
				   .settings = in->settings,
				   .user = in->user,
				   .asker = &in->options->asker,
				   .granted = &in->granted,
				   .hooks = true,
				   .enter_hook = !in->options->no_hook,
				   .rescue = in->options->rescue,
				   .session = &in->options->session};
	int r = settings_ports(in->settings, &ports, &req.n_ports, e);

	if (r < 0)
		return r;
	req.ports = ports;
	drift_notes(in->settings, &notes);
	req.notes = notes.data;
	return boot(&req, ret_status, e);
}

static void say_at_start(const struct entering *in)
{
	cleanup_strv struct strv notes = {0};

	session_warn_host_root(in->user);
	settings_pending(in->settings, &notes);
	if (in->lock)
		locked_compare(in->lock, in->settings, &notes);
	for (size_t i = 0; i < notes.n; i++)
		log_note("%s", notes.v[i]);
}

static int enter_once(struct entering *in, struct box *b, int *ret_status, struct err *e)
{
	cleanup_close int connection = -1;
	cleanup_free char *home = user_home(in->user);
	cleanup_strv struct strv notes = {0};
	struct session_options session = in->options->session;
	bool told = in->told;
	struct err ended;
	int r = told ? 0 : drift_check_image(in->store, b, in->settings, in->lock, e);

	if (r == 0 && !told)
		r = drift_check_recipe(b, in->settings, in->lock, e);
	if (r == 0)
		r = box_lock(in->store, b, e);
	if (r < 0)
		return r;
	in->told = true;
	/* The lock first: most boxes have ended when they are started. */
	r = box_is_running(b) ? box_connect(b, &connection) : -ENOENT;
	/*
	 * Nobody can connect to it any more; if nobody uses it, it is started again, where it can
	 * be reached.
	 */
	if (r == -ENOLINK && !box_end_idle(b, BOX_STOP_MS))
		return box_out_of_reach(b, e);
	if (r < 0) {
		if ((r = box_follow(in->store, b, e)) < 0)
			return r;
		if (!told)
			say_at_start(in);
		if ((r = initialize(in, b, home, e)) < 0)
			return r;
		return boot_box(in, b, ret_status, e);
	}
	box_unlock(b);
	log_debug("box '%s' (%s) runs: joining it", b->name, b->id);
	r = drift_check_folder(b, e);
	if (r == 0 && in->options->initialize)
		r = initialize(in, b, home, e);
	if (r == 0)
		r = drift_check_running(b, in->settings, &notes, e);
	/* Nobody uses it, or it is ending: it is started again, with the present settings. */
	if (r == -EBUSY && box_check_ended(b, &ended) == 0)
		return err_set(e, ERR_RETRY, "box '%s' has ended", b->name);
	session.notes = &notes;
	return r < 0 ? r
		     : box_session_join(in->store, b, in->settings, in->user, &session,
					!in->options->no_hook, &connection, ret_status, e);
}

/*
 * On the first try it is the box that the project was found by. Whoever acts on it locks it first.
 */
static int find(const struct entering *in, const char *dir, struct box *ret, struct err *e)
{
	if (in->found->name && in->found->trial == in->options->trial) {
		*ret = *in->found;
		*in->found = (struct box)BOX_INIT;
		return 0;
	}
	return in->options->trial ? box_find_trial(in->store, dir, ret, e)
				  : box_find_project(in->store, dir, ret, e);
}

/* The name of a new box: as requested, else that of its project. The caller frees it. */
static char *new_name(const struct entering *in, const char *dir)
{
	const char *name = in->options->name, *set = settings_get(in->settings, KEY_NAME);
	char *project = name ? xstrdup(name) : set ? xstrdup(set) : folder_box_name(dir), *trial;

	if (!in->options->trial)
		return project;
	trial = xasprintf("%.59s-try", project);
	free(project);
	return trial;
}

/* --name applies to a new box; it does not rename an existing one. */
static int check_asked_name(const struct entering *in, const struct box *b, struct err *e)
{
	const char *name = in->options->name;

	if (!name || streq(name, b->name))
		return 0;
	return err_set(
		e, EEXIST,
		"its box is named '%s' already: 'sandbox rename %s %s' gives it another name",
		b->name, b->name, name);
}

static int make_origin(const struct entering *in, struct origin *o, struct err *e)
{
	o->rescue = in->options->rescue;
	return origin_make(in->store, in->settings, in->lock, false, o, e);
}

/* Finds the project's box or makes it; two concurrent callers end up with the same one. */
static int find_or_create(struct entering *in, const char *dir, struct box *b, struct err *e)
{
	const struct store *s = in->store;
	struct settings *settings = in->settings;
	cleanup_free char *home = user_home(in->user), *name = new_name(in, dir);
	cleanup_origin struct origin origin = ORIGIN_INIT;
	cleanup_close int lock = -1, dotfiles = -1;
	int r = find(in, dir, b, e);

	if (r != -ENOENT)
		return r < 0 ? r : check_asked_name(in, b, e);
	r = box_check_name(name, e);
	if (r == 0)
		r = origin_check(settings, e);
	/*
	 * Steps already use the project's caches. A trial may have what the project's box was
	 * given.
	 */
	if (r == 0 && !in->asked) {
		r = in->options->trial ? 0 : agreed_read(s, settings, &in->granted, e);
		if (r == 0)
			r = initialize(in, NULL, home, e);
		if (r == 0)
			r = in->options->trial ? reach_ask_steps(s, settings, &in->options->asker,
								 &in->granted, e)
					       : reach_ask(NULL, settings, home,
							   &in->options->asker, &in->granted, e);
		in->asked = r == 0;
	}
	if (r == 0)
		r = prepare_devcontainer(in, NULL, home, e);
	if (r == 0)
		r = make_origin(in, &origin, e);
	if (r < 0)
		return r;
	lock = openat(s->data_fd, "boxes", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (lock < 0)
		return err_sys(e, errno, "cannot open '%s/boxes'", s->data);
	r = file_lock(lock, "boxes", e);
	if (r == 0)
		r = find(in, dir, b, e);
	if (r != -ENOENT)
		return r < 0 ? r : check_asked_name(in, b, e);
	if (box_adopt(s, name, dir, in->options->trial, b))
		return 0;
	r = dotfiles_open(settings, &in->granted, &dotfiles, e);
	origin.from.trial = in->options->trial;
	if (r == 0)
		r = box_create(s, name, &origin.from, dotfiles, b, e);
	return r;
}

/*
 * The new root is ready before the box is touched. A project without a box has nothing to rebuild.
 */
static int rebuild(struct entering *in, const char *dir, struct err *e)
{
	const struct store *s = in->store;
	cleanup_free char *home = user_home(in->user);
	cleanup_origin struct origin origin = ORIGIN_INIT;
	cleanup_box struct box b = BOX_INIT;
	int r = find(in, dir, &b, e);

	if (r == -EUCLEAN && !in->options->trial)
		r = salvage_find(s, dir, &b, e);
	if (r < 0)
		return r == -ENOENT ? 0 : r;
	r = box_check_ended(&b, e);
	if (r == 0)
		r = initialize(in, b.damaged ? NULL : &b, home, e);
	if (r == 0)
		r = reach_ask(b.damaged ? NULL : &b, in->settings, home, &in->options->asker,
			      &in->granted, e);
	if (r == 0)
		r = prepare_devcontainer(in, b.damaged ? NULL : &b, home, e);
	if (r == 0)
		r = make_origin(in, &origin, e);
	if (r == 0)
		r = box_lock(s, &b, e);
	/* It may have been started meanwhile. */
	if (r == 0)
		r = box_check_ended(&b, e);
	if (r == 0 && b.damaged)
		r = salvage_box(s, &b, dir, e);
	return r < 0 ? r : rebuild_box(s, &b, &origin.from, e);
}

static int find_project(const struct store *s, struct enter_options *o, char **ret,
			struct box *ret_found, struct err *e)
{
	cleanup_target struct target t = TARGET_INIT;
	cleanup_free char *dir = NULL;
	int r = target_find(s, o->project, false, &t, e);

	if (r == -EUCLEAN && o->rebuild && !o->trial)
		r = salvage_find_project(s, o->project, &t.dir, e);
	if (r < 0)
		return r;
	if (!o->no_note)
		target_say(&t);
	if (!t.dir && t.has_box && t.box.service && !box_is_running(&t.box))
		return err_set(e, ESRCH, "service '%s' does not run: 'sandbox up %s' starts it",
			       t.box.service, t.box.service);
	if (!t.dir)
		return err_set(e, ERR_USAGE, "box '%s' has no project: use 'sandbox exec %s'",
			       o->project, o->project);
	/* A trial named as PROJECT is entered as a trial: changes in it must not reach the host. */
	o->trial = o->trial || (t.has_box && t.box.trial);
	r = target_folder(&t, &dir, e);
	if (r < 0)
		return r;
	if (project_check(s, dir, e) < 0)
		return err_add(e, "cannot enter '%s'", dir);
	*ret = take_ptr(dir);
	*ret_found = t.found;
	t.found = (struct box)BOX_INIT;
	return 0;
}

/* They end with the box. One that cannot be had must not keep its user out. */
static void start_services(const struct enter_options *o, const char *dir,
			   const struct settings *settings)
{
	cleanup_service_group struct service_group g = SERVICE_GROUP_INIT;
	struct up_options up = {.project = dir,
				.builds = o->rebuild,
				.lingers = true,
				.asker = o->asker,
				.settings = o->settings};
	struct err e;

	if (!streq(settings_get(settings, KEY_SERVICES), "auto") || o->rescue)
		return;
	if (service_up(&up, &g, &e) < 0 || services_wait_started(&g, true, &e) < 0)
		log_warn("%s", e.msg);
}

/* What the project runs on the host comes before its services, which could change it. */
static int initialize_first(struct entering *in, const char *dir, struct err *e)
{
	const char *text = settings_get(in->settings, KEY_HOOKS_INITIALIZE);
	cleanup_free char *home = user_home(in->user);
	cleanup_box struct box b = BOX_INIT;
	int r;

	if (!text || !*text)
		return 0;
	r = box_find_project(in->store, dir, &b, e);
	if (r == -ENOENT) {
		r = agreed_read(in->store, in->settings, &in->granted, e);
		return r < 0 ? r : initialize(in, NULL, home, e);
	}
	/* A box that cannot be read, or has moved, is a matter of whoever starts it. */
	if (r < 0 || b.moved_from || (box_is_running(&b) && !in->options->initialize))
		return 0;
	return initialize(in, &b, home, e);
}

static void say_at_end(const struct entering *in, const struct box *b,
		       const struct obeyed_session *session)
{
	obeyed_say(b, in->settings, session);
	net_note_say(in->store, b, session);
}

/* Makes, starts or joins the box. */
static int enter_box(struct entering *in, const char *dir, struct obeyed_session *session,
		     int *ret_status, struct err *e)
{
	const struct box project = {.project = (char *)dir};
	cleanup_learning struct learning learning = LEARNING_INIT;
	struct strv *learned = in->options->learned;
	int r = learned ? learn_begin(in->store, &project, &learning, e) : 0;

	if (r < 0)
		return r;
	for (int i = 0; i < MAX_TRIES; i++) {
		cleanup_box struct box b = BOX_INIT;

		r = find_or_create(in, dir, &b, e);
		session_set_user(in->settings, &in->options->session);
		if (r == 0)
			r = enter_once(in, &b, ret_status, e);
		session->failed = r < 0;
		if (r != -ERR_RETRY && b.id[0])
			say_at_end(in, &b, session);
		/* It was removed, or ended before it accepted the session: try the present one. */
		if (r != -ERR_RETRY || (i > 0 && box_check_version(&b, e) < 0))
			break;
	}
	return r == 0 && learned ? learn_end(&learning, in->settings, learned, e) : r;
}

int enter_run(struct enter_options *o, int *ret_status, struct err *e)
{
	cleanup_store struct store s = STORE_INIT;
	cleanup_settings struct settings settings = {0};
	cleanup_lock struct lock_file lock = {0};
	cleanup_free char *dir = NULL;
	cleanup_user struct user u = {0};
	cleanup_box struct box found = BOX_INIT;
	struct entering in = {
		.store = &s, .settings = &settings, .user = &u, .options = o, .found = &found};
	struct obeyed_session session;
	int r = store_open(&s, e);

	obeyed_begin(&session);
	if (r == 0)
		r = find_project(&s, o, &dir, &found, e);
	if (r < 0)
		return r;
	o->settings.project_dir = dir;
	r = settings_load(&o->settings, &settings, e);
	if (r == 0)
		r = locked_read(&settings, &lock, e);
	if (r < 0)
		return r;
	in.lock = r > 0 ? &lock : NULL;
	if (!settings_is_users(&settings, KEY_IMAGE))
		settings.lock = r > 0 ? SETTINGS_LOCKED : SETTINGS_NO_LOCK;
	user_self(&u);
	o->session.root = o->session.root || settings_bool(&settings, KEY_ROOT);
	if (o->rebuild && (r = rebuild(&in, dir, e)) < 0) {
		strv_clear(&in.granted);
		return err_add(e, "cannot rebuild '%s'", dir);
	}
	r = services_exist(&settings) && !o->trial ? initialize_first(&in, dir, e) : 0;
	if (r == 0 && services_exist(&settings) && !o->trial)
		start_services(o, dir, &settings);
	if (r == 0)
		r = enter_box(&in, dir, &session, ret_status, e);
	strv_clear(&in.granted);
	return r < 0 ? err_add(e, "cannot enter '%s'", dir) : 0;
}
