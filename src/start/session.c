/*
 * session.c - one session in a box that runs.
 */
#include "start/session.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/log.h"
#include "base/path.h"
#include "box/box_log.h"
#include "config/env.h"
#include "grant/facts.h"
#include "grant/lend.h"
#include "launch/client.h"
#include "launch/narrow.h"
#include "start/follow.h"
#include "start/session_env.h"

static int give_narrowed(void *arg, int fd, struct err *e)
{
	return narrow_give(arg, fd, e);
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
		.record = o->record,
		.tools = s->tools,
		.facts = &facts,
		.ret_last = s->ret_last,
		.umask = s->step ? 022 : file_umask(),
		.named_fds = !s->detach && !s->step,
		.pid1 = s->pid1,
	};
	int r;

	if (req.cwd[0] != '/')
		return err_set(e, ERR_USAGE, "--workdir '%s' is not an absolute path", req.cwd);
	r = o->only_env ? session_env_only(&o->env, &env, e)
			: session_env(&env_req, &env, &facts, e);
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
	/* Nobody waits for a status that has already arrived. */
	r = box_session_run(&detached, connection, &status, e);
	close_fd(&log.input);
	close_fd(&log.control);
	return r;
}

char *box_session_cwd(const struct box *b, const struct settings *settings, const char *project,
		      const char *home)
{
	const char *workdir = settings_get(settings, KEY_WORKDIR);
	cleanup_free char *here = getcwd(NULL, 0);
	bool top = here && b->project && streq(here, b->project);

	if (workdir && (!project || top || !here || !path_is_beneath(here, b->project)))
		return xstrdup(workdir);
	if (!project)
		return xstrdup(home);
	if (here && b->project && path_is_beneath(here, b->project))
		return xasprintf("%s%s", project, here + strlen(b->project));
	return xstrdup(project);
}

void session_set_user(const struct settings *settings, struct session_options *o)
{
	const char *user = settings_get(settings, KEY_USER);

	if (!user || !*user || o->user || o->root)
		return;
	if (settings_user_is_root(user))
		o->root = true;
	else
		o->user = user;
}

void session_warn_host_root(const struct user *u)
{
	if (u->uid == 0)
		log_warn("you are root on this machine: what gets out of this box is root. "
			 "Use an ordinary user where you can");
}
