/*
 * enter.c - the flow behind `sandbox enter`.
 *
 * For a box that may run already:
 *	lock the box; connect to its control socket
 *	  there is an answer	unlock; the session runs in the box that is there
 *	  there is none		wait until the last pid 1's namespaces are gone; bind a new
 *				socket; start; the lock is held until pid 1 has taken the session
 *	the connection ended unanswered (ERR_RETRY): the box was on its way out; once more
 */
#include "box/run.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/log.h"
#include "base/path.h"
#include "box/project.h"
#include "box/session.h"
#include "launch/client.h"

#define MAX_TRIES 5 /* boxes that end under our hands, one after the other */

static void unlock_accepted(void *arg)
{
	box_unlock(arg);
}

static int start_and_enter(const struct store *s, struct box *b, const struct settings *settings,
			   const struct enter_options *o, const struct user *u, int *ret_status,
			   struct err *e)
{
	cleanup_assembly struct assembly a = {0};
	cleanup_close int lifetime = -1, pidfd = -1, boot = -1;
	cleanup_free char *cwd = NULL;
	struct started_box started;
	struct assemble_request req = {.store = s,
				       .box = b,
				       .settings = settings,
				       .user = u,
				       .base = b->project ? b->project : "/"};
	struct box_session session = {.box = b,
				      .settings = settings,
				      .user = u,
				      .options = &o->session,
				      .accepted = unlock_accepted,
				      .arg = b};
	int r = assemble(&req, &a, e);

	if (r < 0)
		return r;
	if (!box_wait_gone(b, BOX_GONE_MS))
		return err_set(e, EBUSY,
			       "box '%s' is still ending: 'sandbox stop' ends it by force",
			       b->name);
	r = box_take_lifetime(b, &lifetime, e);
	if (r == 0)
		r = box_start(b, &a, lifetime, &started, e);
	if (r < 0)
		return r;
	close_fd(&lifetime);
	pidfd = started.pidfd;
	boot = started.boot_fd;
	session.home = a.home;
	session.cwd = cwd = box_session_cwd(b, a.project, a.home);
	return box_session_run(&session, boot, ret_status, e);
}

static void say_pending(const struct settings *s)
{
	cleanup_strv struct strv notes = {0};

	settings_pending(s, &notes);
	for (size_t i = 0; i < notes.n; i++)
		log_note("%s", notes.v[i]);
}

/* What the project file says now against what the box was made from. */
static void say_drift(const struct box *b, const struct settings *s)
{
	const char *image = settings_get(s, "sandbox", "image");

	if (!streq(image, b->image))
		log_note("the project asks for image '%s', this box was made from '%s': "
			 "'sandbox rm %s' and enter again to follow it",
			 image, b->image, b->name);
}

static int enter_once(const struct store *s, struct box *b, const struct settings *settings,
		      const struct enter_options *o, const struct user *u, int *ret_status,
		      struct err *e)
{
	cleanup_close int connection = -1;
	int r = box_lock(s, b, e);

	if (r < 0)
		return r;
	if (client_connect(b->run_fd, "control", &connection) < 0) {
		box_warn_host_root(u);
		say_pending(settings);
		r = start_and_enter(s, b, settings, o, u, ret_status, e);
	} else {
		box_unlock(b);
		r = box_session_join(b, settings, u, &o->session, connection, ret_status, e);
	}
	box_unlock(b);
	return r;
}

/* A project that holds the whole home would hand all of it to the box. */
static int check_folder(const char *dir, struct err *e)
{
	const char *home = getenv("HOME");
	cleanup_free char *real = home ? realpath(home, NULL) : NULL;

	if (streq(dir, "/") || (real && path_is_beneath(real, dir)))
		return err_set(e, EINVAL,
			       "it is no project, it holds your whole home: enter a project's "
			       "own folder, or use 'sandbox run host'");
	return 0;
}

/* Finds the project's box or makes it; two that do so at once end up with the same one. */
static int find_or_create(const struct store *s, const char *dir, const struct settings *settings,
			  const char *name, struct box *ret, struct err *e)
{
	cleanup_free char *from_dir = project_box_name(dir);
	const char *set = settings_get(settings, "sandbox", "name");
	cleanup_close int lock = -1;
	int r = box_find_project(s, dir, ret, e);

	if (r != -ENOENT)
		return r;
	lock = openat(s->data_fd, STORE_PROJECTS, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (lock < 0)
		return err_sys(e, errno, "cannot open '%s/%s'", s->data, STORE_PROJECTS);
	r = file_lock(lock, STORE_PROJECTS, e);
	if (r == 0)
		r = box_find_project(s, dir, ret, e);
	if (r != -ENOENT)
		return r;
	r = box_check_name(name, e);
	if (r == 0)
		r = box_create(s,
			       name  ? name
			       : set ? set
				     : from_dir,
			       dir, settings_get(settings, "sandbox", "image"), ret, e);
	return r;
}

int run_enter(struct enter_options *o, int *ret_status, struct err *e)
{
	cleanup_store struct store s = STORE_INIT;
	cleanup_settings struct settings settings = {0};
	cleanup_free char *dir = NULL;
	cleanup_user struct user u = {0};
	int r = store_open(&s, e);

	if (r == 0)
		r = project_folder(&s, o->project, &dir, e);
	if (r < 0)
		return r;
	if (!dir)
		return err_set(e, ERR_USAGE, "box '%s' has no project: use 'sandbox exec %s'",
			       o->project, o->project);
	if ((r = check_folder(dir, e)) < 0)
		return err_add(e, "cannot enter '%s'", dir);
	o->settings.project_dir = dir;
	r = settings_load(&o->settings, &settings, e);
	if (r < 0)
		return r;
	user_self(&u);
	o->session.root = o->session.root || settings_bool(&settings, "sandbox", "root");
	for (int i = 0; i < MAX_TRIES; i++) {
		cleanup_box struct box b = BOX_INIT;

		r = find_or_create(&s, dir, &settings, o->name, &b, e);
		if (r < 0)
			break;
		say_drift(&b, &settings);
		r = enter_once(&s, &b, &settings, o, &u, ret_status, e);
		/* Removed or ended between two steps of ours: what is true now is asked again. */
		if (e->code != ERR_RETRY && !(r == -ENOENT && access(dir, F_OK) == 0 && !b.lock_fd))
			break;
	}
	return r < 0 ? err_add(e, "cannot enter '%s'", dir) : 0;
}
