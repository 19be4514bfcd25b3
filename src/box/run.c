/*
 * run.c - enter, run and exec.
 *
 * enter, for a box that may run already:
 *	lock the box; connect to its control socket
 *	  there is an answer	unlock; the session runs in the box that is there
 *	  there is none		wait until the last pid 1's namespaces are gone; bind a new
 *				socket; start; the lock is held until pid 1 has taken the session
 *	the connection ended unanswered (ERR_RETRY): the box was on its way out; once more
 */
#include "box/run.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/log.h"
#include "base/path.h"
#include "box/session_env.h"
#include "launch/client.h"
#include "launch/start.h"

#define MAX_TRIES 5 /* boxes that end under our hands, one after the other */

/* How long an ended box may take to let go of its files; a stuck disk is no reason to hang. */
#define GONE_MS 30000

static int listen_control(const struct box *b, int *ret_fd, struct err *e)
{
	struct sockaddr_un addr = {.sun_family = AF_UNIX};
	cleanup_close int fd =
		socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	snprintf(addr.sun_path, sizeof(addr.sun_path), "/proc/self/fd/%d/control", b->run_fd);
	if (!b->temporary)
		unlinkat(b->run_fd, "control", 0);
	if (fd < 0 || bind(fd, (struct sockaddr *)&addr, sizeof(addr)) < 0 || listen(fd, 512) < 0)
		return err_sys(e, errno, "cannot make the control socket of box '%s'", b->name);
	*ret_fd = take_fd(&fd);
	return 0;
}

/* Starts the box; its lifetime lock is handed to pid 1. */
static int start(const struct box *b, struct assembly *a, int lifetime, struct started_box *ret,
		 struct err *e)
{
	cleanup_close int control = -1;
	int r = listen_control(b, &control, e);

	if (r < 0)
		return r;
	a->plan.control_fd = control;
	a->plan.lifetime_fd = lifetime;
	r = start_box(&a->plan, ret, e);
	return r < 0 ? r : box_record_start(b, lifetime, ret->pid, e);
}

static void warn_host_root(const struct user *u)
{
	if (u->uid == 0)
		log_warn("you are root on this machine: what gets out of this box is root. "
			 "Use an ordinary user where you can");
}

static int run_session(int connection, const struct session_options *o, bool detach, const char *cwd,
		       const struct session_env_request *env_req, void (*accepted)(void *), void *arg,
		       int *ret_status, struct err *e)
{
	cleanup_strv struct strv env = {0};
	struct session_request req = {
		.root = o->root,
		.cwd = o->workdir ? o->workdir : cwd,
		.argv = o->argv,
		.detach = detach,
	};
	int r;

	if (req.cwd[0] != '/')
		return err_set(e, ERR_USAGE, "--workdir '%s' is not an absolute path", req.cwd);
	r = session_env(env_req, &env, e);
	req.envp = env.v;
	return r < 0 ? r : client_run(connection, &req, accepted, arg, ret_status, e);
}

/* The caller's own folder, where it lies beneath the project; else the project itself. */
static char *session_cwd(const struct box *b, const char *project, const char *home)
{
	cleanup_free char *here = getcwd(NULL, 0);

	if (!project)
		return xstrdup(home);
	if (here && b->project && path_is_beneath(here, b->project))
		return xasprintf("%s%s", project, here + strlen(b->project));
	return xstrdup(project);
}

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
	struct session_env_request env = {.settings = settings,
					  .user = u,
					  .box = b->name,
					  .root = o->session.root,
					  .extra = &o->session.env};
	int r = assemble(&req, &a, e);

	if (r < 0)
		return r;
	if (!box_wait_gone(b, GONE_MS))
		return err_set(e, EBUSY, "box '%s' is still ending: 'sandbox stop' ends it by force",
			       b->name);
	r = box_take_lifetime(b, &lifetime, e);
	if (r == 0)
		r = start(b, &a, lifetime, &started, e);
	if (r < 0)
		return r;
	close_fd(&lifetime);
	pidfd = started.pidfd;
	boot = started.boot_fd;
	cwd = session_cwd(b, a.project, a.home);
	env.home = a.home;
	return run_session(boot, &o->session, false, cwd, &env, unlock_accepted, b, ret_status, e);
}

static int join(struct box *b, int connection, const struct settings *settings,
		const struct session_options *o, const struct user *u, int *ret_status,
		struct err *e)
{
	const char *target = settings_get(settings, "sandbox", "project");
	const char *project = target && streq(target, "no") ? NULL : target ? target : b->project;
	bool usable = u->home[0] == '/' && u->home[1];
	cleanup_free char *home = usable ? xstrdup(u->home) : xasprintf("/home/%s", u->name);
	cleanup_free char *cwd = session_cwd(b, b->project ? project : NULL, home);
	struct session_env_request env = {.settings = settings,
					  .user = u,
					  .box = b->name,
					  .home = home,
					  .root = o->root,
					  .extra = &o->env};

	return run_session(connection, o, false, b->project ? cwd : "/", &env, NULL, NULL,
			   ret_status, e);
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
			 "'sandbox rm %s' and enter again to follow it", image, b->image, b->name);
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
		warn_host_root(u);
		say_pending(settings);
		r = start_and_enter(s, b, settings, o, u, ret_status, e);
	} else {
		box_unlock(b);
		r = join(b, connection, settings, &o->session, u, ret_status, e);
	}
	box_unlock(b);
	return r;
}

/* The folder that `enter` is about. */
static int find_folder(const char *arg, char **ret, struct err *e)
{
	cleanup_free char *here = realpath(arg ? arg : ".", NULL);
	cleanup_free char *project = NULL;
	const char *home = getenv("HOME");

	if (!here)
		return err_sys(e, errno, "cannot use the folder '%s'", arg ? arg : ".");
	project = project_find(here);
	if (!project)
		project = take_ptr(here);
	if (streq(project, "/") || (home && path_is_beneath(home, project)))
		return err_set(e, EINVAL, "'%s' is no project: it holds your whole home. Enter a "
			       "project's own folder, or use 'sandbox run host'", project);
	*ret = take_ptr(project);
	return 0;
}

/* What of a folder's name can stand in a box's name. */
static char *name_of_folder(const char *dir)
{
	char *name = xstrdup(path_basename(dir));
	size_t n = 0;

	for (const char *c = name; *c && n < 63; c++) {
		bool plain = (*c >= 'a' && *c <= 'z') || (*c >= 'A' && *c <= 'Z') ||
			     (*c >= '0' && *c <= '9');

		if (plain || (n && strchr("_.-", *c)))
			name[n++] = *c;
		else if (n && name[n - 1] != '-')
			name[n++] = '-';
	}
	name[n] = '\0';
	if (!box_name_valid(name)) {
		free(name);
		return xstrdup("box");
	}
	return name;
}

static int check_name(const char *name, struct err *e)
{
	if (name && !box_name_valid(name))
		return err_set(e, ERR_USAGE, "'%s' cannot be a box's name: letters, digits, '_', '.' "
			       "and '-', at most 63", name);
	return 0;
}

/* Finds the project's box or makes it; two that do so at once end up with the same one. */
static int find_or_create(const struct store *s, const char *dir, const struct settings *settings,
			  const char *name, struct box *ret, struct err *e)
{
	cleanup_free char *from_dir = name_of_folder(dir);
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
	r = check_name(name, e);
	if (r == 0)
		r = box_create(s, name ? name : set ? set : from_dir, dir,
			       settings_get(settings, "sandbox", "image"), ret, e);
	return r;
}

/* The project's folder: of the box that is named, or the one that is meant. */
static int enter_folder(const struct store *s, const char *arg, char **ret, struct err *e)
{
	cleanup_box struct box b = BOX_INIT;
	int r;

	if (!arg || strchr(arg, '/') || streq(arg, ".") || streq(arg, ".."))
		return find_folder(arg, ret, e);
	r = check_name(arg, e);
	if (r == 0)
		r = box_find(s, arg, &b, e);
	if (r < 0)
		return r;
	if (!b.project)
		return err_set(e, ERR_USAGE, "box '%s' has no project: use 'sandbox exec %s'", arg, arg);
	if (access(b.project, F_OK) < 0)
		return err_sys(e, errno, "the project folder '%s' of box '%s' is gone", b.project, arg);
	*ret = xstrdup(b.project);
	return 0;
}

int run_enter(struct enter_options *o, int *ret_status, struct err *e)
{
	cleanup_store struct store s = STORE_INIT;
	cleanup_settings struct settings settings = {0};
	cleanup_free char *dir = NULL;
	cleanup_user struct user u = {0};
	int r = store_open(&s, e);

	if (r == 0)
		r = enter_folder(&s, o->project, &dir, e);
	if (r < 0)
		return r;
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

static int make_throwaway(const struct store *s, const struct run_options *o, struct box *ret,
			  struct err *e)
{
	int r = check_name(o->name, e);

	if (r < 0)
		return r;
	if (o->disk || !memory_holds_uppers()) {
		char id[BOX_ID_LEN + 1];

		store_new_id(id);
		return box_create(s, o->name ? o->name : id, NULL, o->image, ret, e);
	}
	return box_create_temporary(s, o->name, o->image, ret, e);
}

static int start_and_run(const struct store *s, struct box *b, const struct settings *settings,
			 const struct run_options *o, const struct user *u, int *ret_status,
			 struct err *e)
{
	cleanup_assembly struct assembly a = {0};
	cleanup_close int lifetime = -1, pidfd = -1, boot = -1;
	cleanup_free char *here = getcwd(NULL, 0);
	struct started_box started;
	struct assemble_request req = {.store = s,
				       .box = b,
				       .settings = settings,
				       .user = u,
				       .base = here ? here : "/",
				       .mounts = o->mounts,
				       .n_mounts = o->n_mounts,
				       .hostname = o->hostname,
				       .in_memory = b->temporary};
	struct session_env_request env = {.settings = settings,
					  .user = u,
					  .box = b->name,
					  .root = o->session.root,
					  .extra = &o->session.env};
	int r = assemble(&req, &a, e);

	if (r < 0)
		return r;
	a.plan.linger_ms = 0;
	if (b->temporary)
		lifetime = take_fd(&b->lock_fd);
	else if ((r = box_take_lifetime(b, &lifetime, e)) < 0)
		return r;
	r = start(b, &a, lifetime, &started, e);
	if (r < 0)
		return r;
	close_fd(&lifetime);
	pidfd = started.pidfd;
	boot = started.boot_fd;
	env.home = a.home;
	return run_session(boot, &o->session, o->detach, "/", &env, NULL, NULL, ret_status, e);
}

int run_throwaway(struct run_options *o, int *ret_status, struct err *e)
{
	cleanup_store struct store s = STORE_INIT;
	cleanup_settings struct settings settings = {0};
	cleanup_box struct box b = BOX_INIT;
	cleanup_user struct user u = {0};
	struct err ignored;
	int r = store_open(&s, e);

	if (r == 0)
		r = settings_load(&o->settings, &settings, e);
	if (r < 0)
		return r;
	store_sweep(&s, true);
	user_self(&u);
	warn_host_root(&u);
	o->session.root = o->session.root || settings_bool(&settings, "sandbox", "root");
	r = make_throwaway(&s, o, &b, e);
	if (r < 0)
		return r;
	r = start_and_run(&s, &b, &settings, o, &u, ret_status, e);
	if (r == 0 && o->detach) {
		printf("%s\n", b.name);
		return 0;
	}
	/* What lies in memory goes by itself; files on disk only after the namespaces. */
	if (!b.temporary)
		box_wait_gone(&b, GONE_MS);
	box_remove(&s, &b, &ignored);
	return r < 0 ? err_add(e, "cannot run '%s'", o->image) : 0;
}

int run_exec(const char *name, const struct session_options *o, int *ret_status, struct err *e)
{
	cleanup_store struct store s = STORE_INIT;
	cleanup_settings struct settings settings = {0};
	cleanup_box struct box b = BOX_INIT;
	cleanup_close int connection = -1;
	cleanup_user struct user u = {0};
	struct settings_request req = {0};
	int r = store_open(&s, e);

	if (r == 0)
		r = box_find(&s, name, &b, e);
	if (r < 0)
		return r;
	req.project_dir = b.project;
	r = settings_load(&req, &settings, e);
	if (r < 0)
		return r;
	user_self(&u);
	if (client_connect(b.run_fd, "control", &connection) < 0)
		return err_set(e, ESRCH, "box '%s' is not running: 'sandbox enter' starts it", b.name);
	r = join(&b, connection, &settings, o, &u, ret_status, e);
	if (r < 0 && e->code == ERR_RETRY)
		return err_set(e, ESRCH, "box '%s' is not running: 'sandbox enter' starts it", b.name);
	return r;
}
