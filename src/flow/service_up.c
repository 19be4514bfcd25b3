/*
 * service_up.c - starting the services of a project.
 *
 *	the lock on DATA/services/<mark>	one command at a time changes which services run
 *	the settings of each, consent		asked once, for all
 *	images, boxes, volumes			made, or found
 *	the old holder leaves			what runs goes on
 *	those that changed are stopped
 *	a new holder				takes over what runs, and starts the rest
 */
#include "flow/services.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/log.h"
#include "base/proc.h"
#include "box/folder.h"
#include "box/service_box.h"
#include "box/target.h"
#include "config/service.h"
#include "flow/service_holder.h"
#include "flow/service_start.h"
#include "grant/bounds.h"
#include "grant/reach.h"

struct upping {
	struct up_options *o;
	struct service_project project;
	struct settings settings;
	struct services list;
	struct services_state before;
	struct service_run *runs;
	size_t n;
	struct user user;
};

static void upping_clear(struct upping *u)
{
	for (size_t i = 0; i < u->n; i++)
		service_run_clear(&u->runs[i]);
	free(u->runs);
	services_state_clear(&u->before);
	services_clear(&u->list);
	settings_clear(&u->settings);
	free((char *)u->project.name);
	user_clear(&u->user);
}

static int load_project(struct upping *u, struct service_group *g, struct err *e)
{
	const char *name;
	int r;

	u->o->settings.project_dir = g->project;
	r = settings_load(&u->o->settings, &u->settings, e);
	if (r == 0)
		r = services_load(&u->settings, &u->list, e);
	if (r == 0 && !u->list.n)
		r = err_set(e, ENOENT,
			    "project '%s' has no services: a section [service NAME] in "
			    "its sandbox.ini makes one",
			    g->project);
	if (r < 0)
		return r;
	name = settings_get(&u->settings, KEY_NAME);
	u->project = (struct service_project){.store = &g->store,
					      .settings = &u->settings,
					      .dir = g->project,
					      .mark = g->mark,
					      .builds = u->o->builds,
					      .name = name ? xstrdup(name)
							   : folder_box_name(g->project)};
	user_self(&u->user);
	return 0;
}

/* Those that an older holder was told to run stay with the new one. */
static void add_active(const struct upping *u, struct strv *words)
{
	for (size_t i = 0; i < u->before.n; i++) {
		const struct service_state *s = &u->before.v[i];

		if (s->status <= SERVICE_RESTARTING && services_find(&u->list, s->name) &&
		    !strv_has(words, s->name))
			strv_push(words, s->name);
	}
}

/* g->names: those that were asked for, with what they need; the other runs run already. */
static int select_services(struct upping *u, struct service_group *g, struct err *e)
{
	cleanup_free struct service **asked = NULL, **all = NULL;
	cleanup_strv struct strv words = {0};
	size_t n_asked = 0, n = 0;
	int r = services_select(&u->list, u->o->words, &u->o->with, &asked, &n_asked, e);

	if (r < 0)
		return r;
	for (size_t i = 0; i < n_asked; i++) {
		strv_push(&g->names, asked[i]->name);
		strv_push(&words, asked[i]->name);
	}
	if (!n_asked)
		return err_set(e, ENOENT,
			       "no service is to be started: all have profiles, see --with");
	add_active(u, &words);
	r = services_select(&u->list, words.v, &(struct strv){0}, &all, &n, e);
	if (r < 0)
		return r;
	u->runs = xcalloc(n, sizeof(*u->runs));
	for (u->n = 0; u->n < n; u->n++)
		u->runs[u->n].service = all[u->n];
	return 0;
}

/* Notes what a service asks for, to ask once for all. */
static int note_lines(const char *project, const struct strv *lines, bool first, void *arg,
		      struct err *e)
{
	struct strv *all = arg;

	(void)project;
	(void)first;
	(void)e;
	for (size_t i = 0; i < lines->n; i++)
		if (!strv_has(all, lines->v[i]))
			strv_push(all, lines->v[i]);
	return 0;
}

/* The project's box was given, or boxes of services that are gone. */
static int find_given(const struct upping *u, const struct service_group *g, struct strv *out,
		      struct err *e)
{
	cleanup_strv struct strv kept = {0};
	cleanup_box struct box b = BOX_INIT;
	int r = box_find_project(u->project.store, g->project, &b, e);

	if (r == 0)
		r = reach_kept(&b, &kept, e);
	for (size_t i = 0; i < kept.n; i++)
		if (!bounds_is_of_mount(kept.v[i]))
			strv_push(out, kept.v[i]);
	return r < 0 && r != -ENOENT ? r : services_state_given_read(g->dir, out, e);
}

static int ask(struct upping *u, const struct service_group *g, struct err *e)
{
	cleanup_free char *home = user_home(&u->user);
	cleanup_strv struct strv all = {0};
	const struct reach_asker *real = &u->o->asker;
	struct reach_asker noting = {
		.ask = note_lines, .arg = &all, .accepts = real->accepts, .asks = real->asks};
	cleanup_strv struct strv given = {0};
	bool first = true;

	if (find_given(u, g, &given, e) < 0)
		return -e->code;
	for (size_t i = 0; i < u->n; i++) {
		struct service_run *run = &u->runs[i];
		cleanup_box struct box b = BOX_INIT;
		int r = service_settings_make(&u->settings, run->service, &run->own, e);

		if (r < 0)
			return r;
		r = service_box_find(u->project.store, u->project.mark, run->service->name, &b, e);
		if (r < 0 && r != -ENOENT)
			return r;
		first &= r == -ENOENT;
		for (size_t k = 0; k < given.n; k++)
			strv_push(&run->granted, given.v[k]);
		r = reach_ask(r == 0 ? &b : NULL, &run->own.settings, home, &noting, &run->granted,
			      e);
		/* They hold for the next box too, if this one is replaced. */
		if (r == 0 && b.name)
			r = reach_kept(&b, &run->granted, e);
		if (r < 0)
			return err_add(e, "service '%s'", run->service->name);
	}
	return all.n ? real->ask(u->settings.project_dir, &all, first, real->arg, e) : 0;
}

static const struct service_run *find_run(const struct upping *u, const char *name)
{
	for (size_t i = 0; i < u->n; i++)
		if (streq(u->runs[i].service->name, name))
			return &u->runs[i];
	return NULL;
}

/* What is to be healthy must have a check, of its section or its image. */
static int check_needs(const struct upping *u, struct err *e)
{
	for (size_t i = 0; i < u->n; i++) {
		const struct service *v = u->runs[i].service;

		for (size_t k = 0; k < v->n_needs; k++) {
			const struct service_run *need = find_run(u, v->needs[k].name);

			if (need && v->needs[k].state == NEED_HEALTHY &&
			    need->checks.how->kind == HEALTH_NONE)
				return err_set(e, ERR_USAGE,
					       "%s: [service %s] needs '%s': it has no health "
					       "check: set 'health'",
					       service_setting(&u->settings, v->name, NULL,
							       KEY_SERVICE_NEEDS)
						       ->source,
					       v->name, v->needs[k].name);
		}
	}
	return 0;
}

static bool is_asked(const struct service_group *g, const struct service_run *run)
{
	return strv_has(&g->names, run->service->name);
}

/* Those that run with other settings than they would have now, or that are to be restarted. */
static int stop_changed(const struct upping *u, const struct service_group *g, struct err *e)
{
	for (size_t i = u->n; i-- > 0;) {
		const struct service_run *run = &u->runs[i];
		const struct service_state *s = services_state_find(&u->before, run->service->name);
		cleanup_box struct box b = BOX_INIT;
		int r;

		if (!is_asked(g, run))
			continue;
		r = box_load(u->project.store, run->id, &b, e);
		if (r == 0 && box_is_running(&b) &&
		    (u->o->again || !s || (s->hash && s->hash != run->hash)))
			r = box_stop(&b, run->service->stop_timeout_ms, e);
		if (r == 0)
			r = service_box_set_stopped(&b, false, e);
		if (r < 0)
			return r;
	}
	return 0;
}

static void note_time(struct service_group *g)
{
	g->since = clock_ms_of(CLOCK_REALTIME);
}

static int read_before(struct upping *u, const struct service_group *g, struct err *e)
{
	int r = services_state_read(g->dir, &u->before, e);

	return r == -ENOENT ? 0 : r;
}

static int replace_holder(struct upping *u, struct service_group *g, struct err *e)
{
	struct holder_request req = {.store = &g->store,
				     .project = g->project,
				     .dir = g->dir,
				     .mark = g->mark,
				     .runs = u->runs,
				     .n = u->n,
				     .before = &u->before,
				     .guest = u->o->lingers ? getpid() : 0};
	int r = holder_dismiss(g->dir, e);

	/* It may have started more since we have looked. */
	services_state_clear(&u->before);
	if (r == 0)
		r = read_before(u, g, e);
	if (r == 0)
		r = stop_changed(u, g, e);
	note_time(g);
	return r < 0 ? r : holder_start(&req, e);
}

/* Services of `up` stay when somebody enters the project. */
static bool run_already(const struct upping *u, const struct service_group *g)
{
	cleanup_close int holder = u->o->lingers ? services_state_holder(g->dir, NULL) : -1;

	return holder >= 0 && !u->before.lingers;
}

static int start_services(struct upping *u, struct service_group *g, struct err *e)
{
	cleanup_close int lock = -1;
	int r = load_project(u, g, e);

	if (r == 0)
		r = services_state_open(&g->store, g->mark, true, &g->dir, e);
	if (r < 0)
		return r;
	r = services_lock(g, &lock, e);
	if (r == 0)
		r = read_before(u, g, e);
	if (r == 0)
		r = select_services(u, g, e);
	if (r < 0 || run_already(u, g))
		return r;
	r = ask(u, g, e);
	for (size_t i = 0; r == 0 && i < u->n; i++)
		r = service_make_box(&u->project, &u->runs[i], e);
	if (r == 0)
		r = check_needs(u, e);
	return r < 0 ? r : replace_holder(u, g, e);
}

int service_up(struct up_options *o, struct service_group *ret, struct err *e)
{
	__attribute__((cleanup(upping_clear))) struct upping u = {.o = o};
	int r = service_group_open(o->project, ret, e);

	if (r == 0)
		r = start_services(&u, ret, e);
	return r < 0 ? err_add(e, "cannot start the services of '%s'",
			       ret->project ? ret->project : ".")
		     : 0;
}
