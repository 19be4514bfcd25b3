/*
 * join.c - a session in a box that is already running.
 *
 * What it needs to know about the box is in the notes of its start: the project's file may have
 * changed.
 */
#include "start/join.h"

#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/log.h"
#include "box/box.h"
#include "start/agent.h"
#include "start/holder.h"
#include "start/hooks.h"
#include "start/tools.h"

/* The plan of a running box's image; empty if it is gone. */
static void load_plan(const struct store *st, const struct box *b, struct image_plan *ret)
{
	struct err ignored;

	if (b->digest.hex[0])
		image_plan_read(st->data_fd, &b->digest, ret, &ignored);
}

/*
 * Where the project of a running box is: [sandbox] project at its start, from the notes; NULL if it
 * was not set. The caller frees it.
 */
static char *noted_project(const char *notes)
{
	const char *line = strstr(notes, "\nproject ");

	if (!line || starts_with(line, "\nproject -\n"))
		return NULL;
	line += strlen("\nproject ");
	return xstrndup(line, strcspn(line, "\n"));
}

/* The gateway's parent was killed, and the gateway with it. */
static void warn_of_no_network(const struct box *b, const char *notes)
{
	if (strstr(notes, "\nnetwork gateway\n") && !holder_lives(b))
		log_warn("box '%s' has no network any more, because its gateway was killed: "
			 "'sandbox stop %s', and its next start has one",
			 b->name, b->name);
}

/* Before the box has accepted the session it may be ending: then none of this is true. */
static void say_accepted(void *arg)
{
	const struct box_session *s = arg;

	warn_of_no_network(s->box, s->joins);
	for (size_t i = 0; s->options->notes && i < s->options->notes->n; i++)
		log_note("%s", s->options->notes->v[i]);
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
	struct box_session s = {.box = b,
				.settings = settings,
				.user = &u,
				.options = o,
				.plan = &plan,
				.pid1 = -1,
				.accepted = say_accepted,
				.arg = &s};
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
	image_user(box_is_images(b) ? &plan : &(struct image_plan){0}, caller, &u);
	s.home = home = user_home(&u);
	if (!b->project || streq(project, "no"))
		project = NULL;
	cwd = b->project ? box_session_cwd(b, settings, project, home)
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
