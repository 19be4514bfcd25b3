/*
 * session.c - starting a box and running one session in it.
 */
#include "start/session.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/log.h"
#include "base/path.h"
#include "box/box_create.h"
#include "box/box_log.h"
#include "config/env.h"
#include "grant/facts.h"
#include "grant/guarded.h"
#include "grant/lend.h"
#include "launch/client.h"
#include "launch/narrow.h"
#include "rootfs/host_image.h"
#include "start/agent.h"
#include "start/follow.h"
#include "start/hooks.h"
#include "start/session_env.h"
#include "start/tools.h"

#define MOUNT_NOTES_MAX (48u << 10) /* of the 96 KiB that box_start_notes() reads */

static int bind_control(const struct box *b, int *ret_fd, struct err *e)
{
	struct sockaddr_un addr = {.sun_family = AF_UNIX};
	cleanup_close int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	snprintf(addr.sun_path, sizeof(addr.sun_path), "/proc/self/fd/%d/control", b->run_fd);
	if (!b->in_memory) /* of an earlier start */
		unlinkat(b->run_fd, "control", 0);
	if (fd < 0 || bind(fd, (struct sockaddr *)&addr, sizeof(addr)) < 0)
		return err_sys(e, errno, "cannot make the control socket of box '%s'", b->name);
	*ret_fd = take_fd(&fd);
	return 0;
}

/* Nobody could find or stop it. It is gone, with its mounts, when this returns. */
static void kill_unrecorded(struct started_box *started)
{
	pidfd_send_signal(started->pidfd, SIGKILL, NULL, 0);
	proc_wait_pidfd(started->pidfd, -1);
	while (waitpid(started->pid, NULL, __WALL) < 0 && errno == EINTR)
		;
	close_fd(&started->pidfd);
	close_fd(&started->boot_fd);
}

/* As many as are sure to fit the notes. */
static void note_mounts(const struct assembly *a, struct buf *out)
{
	char target[PATH_MAX];

	for (size_t i = 0; i < a->git.n && out->len < MOUNT_NOTES_MAX; i++)
		buf_addf(out, GIT_NOTE "%s\n", err_quote(target, sizeof(target), a->git.v[i]));
	for (size_t i = 0; i < a->n_mounts && out->len < MOUNT_NOTES_MAX; i++)
		buf_addf(out, MOUNT_NOTE "%s\n",
			 err_quote(target, sizeof(target), a->mounts[i].target));
}

int box_start(const struct store *s, const struct box *b, struct assembly *a, int lifetime,
	      const char *notes, struct started_box *ret, struct err *e)
{
	cleanup_buf struct buf text = BUF_INIT, follow = BUF_INIT;
	cleanup_close int control = -1;
	struct started_box started;
	char layer[PATH_MAX];
	int r = bind_control(b, &control, e);

	if (r < 0)
		return r;
	for (size_t i = 0; i < a->plan.n_lowers; i++)
		log_debug("layer '%s'", a->plan.lowers[i]);
	for (size_t i = 0; i < a->n_mounts; i++)
		log_debug("mount '%s'%s%s%s", a->mounts[i].target,
			  a->mounts[i].source ? " from " : "",
			  a->mounts[i].source ? a->mounts[i].source : "",
			  a->mounts[i].read_only ? ", read-only" : "");
	a->plan.control_fd = control;
	a->plan.lifetime_fd = lifetime;
	follow_note(a, &follow);
	agent_note(a, &follow);
	guarded_note(&a->guarded, &follow);
	r = start_box(&a->plan, &started, e);
	if (r < 0)
		return r;
	buf_addf(&text, HOST_LAYER_NOTE "%s\n%s",
		 err_quote(layer, sizeof(layer),
			   path_basename(a->root->lowers.v[a->root->lowers.n - 1])),
		 notes ? notes : "");
	buf_addstr(&text, follow.data);
	buf_addstr(&text, a->etc_note ? a->etc_note : "");
	note_mounts(a, &text);
	r = box_record_start(b, lifetime, started.pid, text.data, e);
	if (r == 0 && b->in_memory)
		r = box_publish(s, b, e);
	if (r < 0) {
		kill_unrecorded(&started);
		return r;
	}
	log_debug("box '%s' (%s) runs as process %d", b->name, b->id, started.pid);
	*ret = started;
	return 0;
}

static int give_narrowed(void *arg, int fd, struct err *e)
{
	return narrow(arg, fd, e);
}

int box_session_run(const struct box_session *s, int connection, int *ret_status, struct err *e)
{
	const struct session_options *o = s->options;
	cleanup_strv struct strv env = {0};
	cleanup_facts struct session_facts facts = {0};
	struct narrowed narrowed = {0};
	struct session_env_request env_req = {.settings = s->settings,
					      .user = s->user,
					      .box = s->box->name,
					      .home = s->home,
					      .root = o->root && !o->user,
					      .other = o->user,
					      .host = !s->tools && streq(s->box->image, "host"),
					      .joins = s->joins,
					      .step = s->step,
					      .git_locked = !s->box->trial &&
							    settings_protects_git(s->settings),
					      .has = s->plan && !s->tools ? &s->plan->has : NULL,
					      .image_env = s->plan ? &s->plan->env : NULL,
					      .extra = &o->env};
	struct session_request req = {
		.root = o->root || o->user,
		.user = o->user,
		.cwd = o->workdir ? o->workdir : s->cwd,
		.argv = o->argv,
		.detach = s->detach,
		.at_exit = s->at_exit,
		.narrow = s->detach ? NULL : give_narrowed,
		.narrow_arg = &narrowed,
		.carried = &narrowed.carried,
		.output = s->output,
		.tools = s->tools,
		.facts = &facts,
		.ret_last = s->ret_last,
		.umask = s->step ? 022 : file_umask(),
		.named_fds = !s->detach && !s->step,
	};
	int r;

	if (req.cwd[0] != '/')
		return err_set(e, ERR_USAGE, "--workdir '%s' is not an absolute path", req.cwd);
	r = session_env(&env_req, &env, &facts, e);
	if (s->joins)
		follow_changed(s->joins, &facts);
	if (s->agent && env_get(&env, "SSH_AUTH_SOCK") &&
	    streq(env_get(&env, "SSH_AUTH_SOCK"), LEND_DIR "/ssh-agent"))
		env_set(&env, "SSH_AUTH_SOCK", s->agent);
	req.envp = env.v;
	if (r == 0)
		r = client_run(connection, &req, s->accepted, s->arg, ret_status, e);
	return narrow_end(&narrowed, r, e);
}

int box_session_detach(const struct box_session *s, const char *source, int connection,
		       struct err *e)
{
	struct box_session detached = *s;
	struct box_log log = BOX_LOG_INIT;
	int status, r = box_log_start(s->box, source, -1, &log, e);

	if (r < 0)
		return r;
	detached.detach = true;
	detached.output = &log.input;
	/* A status that has come already is nobody's. */
	r = box_session_run(&detached, connection, &status, e);
	close_fd(&log.input);
	close_fd(&log.control);
	return r;
}

/* What the image of a running box says; a plan that is gone (gc made it anew, or not) says nothing. */
static void load_plan(const struct store *st, const struct box *b, struct image_plan *ret)
{
	struct err ignored;

	if (b->digest.hex[0])
		image_plan_read(st->data_fd, &b->digest, ret, &ignored);
}

/*
 * Where a running box has its project: what [sandbox] project said when it was started, as its notes have it,
 * NULL when it said nothing. The caller frees.
 */
static char *noted_project(const char *notes)
{
	const char *line = strstr(notes, "\nproject ");

	if (!line || starts_with(line, "\nproject -\n"))
		return NULL;
	line += strlen("\nproject ");
	return xstrndup(line, strcspn(line, "\n"));
}

int box_session_join(const struct store *st, const struct box *b, const struct settings *settings,
		     const struct user *caller, const struct session_options *o, bool entering,
		     int *connection, int *ret_status, struct err *e)
{
	cleanup_buf struct buf notes = BUF_INIT;
	cleanup_free char *target = NULL, *home = NULL, *cwd = NULL;
	const char *project;
	cleanup_image_plan struct image_plan plan = {0};
	cleanup_user struct user u = {0};
	cleanup_agent struct agent agent = AGENT_INIT;
	cleanup_box_tools struct box_tools tools = BOX_TOOLS_INIT;
	struct box_session s = {
		.box = b, .settings = settings, .user = &u, .options = o, .plan = &plan};
	int r = box_start_notes(b, &notes, e);

	if (r < 0)
		return r;
	s.joins = notes.data;
	target = b->project ? noted_project(notes.data) : NULL;
	/* It runs where the project was when it was started. */
	project = target ? target : b->moved_from ? b->moved_from : b->project;
	load_plan(st, b, &plan);
	agent_join(st, b, notes.data, settings, &agent);
	s.agent = agent.path;
	image_user(b->temporary ? &plan : &(struct image_plan){0}, caller, &u);
	s.home = home = user_home(&u);
	if (!b->project || streq(project, "no"))
		project = NULL;
	cwd = b->project ? box_session_cwd(b, project, home)
			 : xstrdup(plan.workdir ? plan.workdir : "/");
	s.cwd = cwd;
	s.project = project;
	if (o->tools)
		r = box_tools_make(st, &s, &tools, e);
	if (r == 0 && entering)
		r = hooks_at_enter(&s, connection, e);
	if (r < 0)
		return r;
	return o->detach ? box_session_detach(&s, "exec", *connection, e)
			 : box_session_run(&s, *connection, ret_status, e);
}

char *box_session_cwd(const struct box *b, const char *project, const char *home)
{
	cleanup_free char *here = getcwd(NULL, 0);

	if (!project)
		return xstrdup(home);
	if (here && b->project && path_is_beneath(here, b->project))
		return xasprintf("%s%s", project, here + strlen(b->project));
	return xstrdup(project);
}

void box_warn_host_root(const struct user *u)
{
	if (u->uid == 0)
		log_warn("you are root on this machine: what gets out of this box is root. "
			 "Use an ordinary user where you can");
}

int box_check_name(const char *name, struct err *e)
{
	if (name && !box_name_valid(name))
		return err_set(e, ERR_USAGE,
			       "'%s' cannot be a box's name: letters, digits, '_', '.' "
			       "and '-', at most 63",
			       name);
	return 0;
}
