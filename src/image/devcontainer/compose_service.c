/*
 * compose_service.c - a [service NAME] of the project from a service of compose files.
 */
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/path.h"
#include "config/schema.h"
#include "config/service_value.h"
#include "config/value.h"
#include "image/devcontainer/compose_volume.h"
#include "image/devcontainer/composing.h"

/* The section that is written. */
struct writing {
	struct composing *cs;
	const char *name, *section;
	const struct node *service;
};

static void set(const struct writing *w, const struct node *at, enum schema_id id,
		const char *value, const struct strv *names)
{
	cleanup_free char *what = xasprintf("'%s' of service '%s'", schema_keys[id].key, w->name);

	compose_set(w->cs, at, what, w->section, schema_keys[id].key, value, names);
}

static void set_environment(const struct writing *w)
{
	const struct node *map = compose_environment(w->cs, w->service);

	for (size_t i = 0; i < map->n; i++) {
		const struct node *value = map->v[i].value;
		cleanup_free char *key = xasprintf("env.%s", map->v[i].key), *text = NULL;
		cleanup_free char *what = xasprintf("the variable %s of service '%s'",
						    map->v[i].key, w->name);

		if (!value->text)
			continue;
		text = compose_env_value(value->text);
		compose_set(w->cs, value, what, w->section, key, text, &value->names);
	}
}

static void set_words(const struct writing *w, const char *key, enum schema_id id)
{
	const struct node *n = node_get(w->service, key);
	cleanup_free char *words = n && n->kind != NODE_NULL ? compose_words(w->cs, key, n) : NULL;
	cleanup_strv struct strv names = {0};

	if (!words)
		return;
	for (size_t i = 0; i < n->names.n; i++)
		strv_push(&names, n->names.v[i]);
	for (size_t i = 0; i < n->n; i++)
		for (size_t k = 0; k < n->v[i].value->names.n; k++)
			strv_push(&names, n->v[i].value->names.v[k]);
	set(w, n, id, words, &names);
}

/* Can it be a word of a list? */
static bool fits_list(const struct writing *w, const struct node *at, const char *word)
{
	struct said_at said = compose_at(at);

	if (!word[strcspn(word, " \t\n,")])
		return true;
	resolution_note(w->cs->resolution, &said,
			"'%s' of service '%s' is left out: it has a blank or a comma", word,
			w->name);
	return false;
}

struct found_volume {
	char *target, *word;
	const struct node *at;
};

/* The last one at a target counts. */
struct found_volumes {
	struct found_volume *v;
	size_t n;
};

static void add_volume(struct found_volumes *all, const struct node *at, const char *target,
		       char *word)
{
	size_t i = 0;

	while (i < all->n && !streq(all->v[i].target, target))
		i++;
	if (i == all->n) {
		all->v = xrealloc(all->v, all->n + 1, sizeof(*all->v));
		all->v[all->n++] = (struct found_volume){.target = xstrdup(target)};
	}
	free(all->v[i].word);
	all->v[i].word = word;
	all->v[i].at = at;
}

static void read_volumes(const struct writing *w, struct found_volumes *all)
{
	const struct node *list = node_get(w->service, "volumes");

	for (size_t i = 0; list && list->kind == NODE_LIST && i < list->n; i++) {
		const struct node *n = list->v[i].value;
		cleanup_compose_volume struct compose_volume v = {0};
		char *inside;

		if (!compose_volume_read(w->cs, n, &v))
			continue;
		inside = compose_project_in(w->cs, n, &v);
		if (inside) {
			free(v.source);
			free(v.target);
			v.source = xstrdup(w->cs->resolution->project);
			v.target = inside;
		}
		if (v.kind == VOLUME_TMPFS)
			set(w, n, KEY_SERVICE_TMPFS, v.target, NULL);
		else if (v.kind != VOLUME_BIND || compose_is_there(w->cs, w->name, n, &v))
			add_volume(all, n, v.target,
				   xasprintf("%s%s%s%s%s", v.source ? v.source : "",
					     v.source ? ":" : "", v.target,
					     v.read_only ? ":ro" : "",
					     v.kind == VOLUME_BIND && !inside &&
							     compose_is_made(w->cs, &v)
						     ? ":create"
						     : ""));
	}
}

struct adding_files {
	const struct writing *w;
	struct found_volumes *volumes;
};

static void add_file(struct composing *cs, const struct compose_file *file, void *arg)
{
	const struct adding_files *a = arg;
	cleanup_free char *key = xasprintf("file.%s", file->target), *what = NULL;

	if (file->source) {
		add_volume(a->volumes, file->at, file->target,
			   xasprintf("%s:%s:ro", file->source, file->target));
		return;
	}
	what = xasprintf("the file '%s' of service '%s'", file->target, a->w->name);
	compose_set(cs, file->at, what, a->w->section, key, file->text, &file->names);
}

static void set_volumes(const struct writing *w)
{
	const struct node *list = node_get(w->service, "tmpfs");
	struct found_volumes all = {0};

	read_volumes(w, &all);
	compose_files(w->cs, w->service, add_file, &(struct adding_files){w, &all});
	for (size_t i = 0; i < all.n; i++) {
		if (fits_list(w, all.v[i].at, all.v[i].word))
			set(w, all.v[i].at, KEY_SERVICE_VOLUMES, all.v[i].word,
			    &all.v[i].at->names);
		free(all.v[i].target);
		free(all.v[i].word);
	}
	free(all.v);
	for (size_t i = 0; list && i < list->n; i++) {
		const struct node *n = list->v[i].value;
		cleanup_free char *target = xstrndup(n->text ? n->text : "",
						     n->text ? strcspn(n->text, ":") : 0);

		if (fits_list(w, n, target))
			set(w, n, KEY_SERVICE_TMPFS, target, NULL);
	}
}

static void set_ports(const struct writing *w)
{
	const struct node *list = node_get(w->service, "ports");
	bool near = compose_is_near(w->cs, w->name);

	for (size_t i = 0; list && list->kind == NODE_LIST && i < list->n; i++) {
		const struct node *n = list->v[i].value;
		cleanup_free char *text = compose_port(w->cs, n);
		const char *box = text ? strrchr(text, ':') : NULL;

		if (!text || !fits_list(w, n, text))
			continue;
		box = box ? box + 1 : text;
		set(w, n, KEY_SERVICE_PORTS, text, &n->names);
		strv_push_take(&w->cs->m->published, xasprintf("%s:%s", w->name, box));
		if (near)
			strv_push(&w->cs->m->published, box);
	}
}

/* Those that share the network of the project's own service are all in its boxes'. */
static void set_network(const struct writing *w)
{
	const struct node *mode = node_get(w->service, "network_mode");
	const char *owner = compose_network_owner(w->cs, w->name);
	cleanup_free char *value = NULL;
	struct said_at at = compose_at(mode ? mode : w->service);

	if (compose_is_near(w->cs, w->name))
		value = xstrdup(SERVICE_NETWORK_PROJECT);
	else if (owner && !streq(owner, w->name))
		value = xasprintf(SERVICE_NETWORK_OTHER "%s", owner);
	if (value)
		set(w, mode ? mode : w->service, KEY_SERVICE_NETWORK, value, NULL);
	else if (mode && mode->text && !streq(mode->text, "bridge"))
		resolution_note(w->cs->resolution, &at,
				"network_mode '%s' of service '%s' is left out: it has a network "
				"of its own",
				mode->text, w->name);
}

static void set_need(const struct writing *w, const char *name, const struct node *how)
{
	const char *condition = node_text(how, "condition");
	const struct node *required = node_get(how, "required");
	cleanup_free char *word = NULL;
	struct said_at at = compose_at(how);
	const char *state = ":started";

	/* The project's box is none of them. */
	if (streq(name, w->cs->own))
		return;
	if (!node_get(w->cs->services, name)) {
		if (!required || compose_is_true(required))
			resolution_note(w->cs->resolution, &at,
					"service '%s' needs '%s', which does not exist", w->name,
					name);
		return;
	}
	if (condition && streq(condition, "service_healthy"))
		state = ""; /* the check may be its image's */
	else if (condition && streq(condition, "service_completed_successfully"))
		state = ":completed";
	word = xasprintf("%s%s", name, state);
	set(w, how, KEY_SERVICE_NEEDS, word, NULL);
}

static void set_needs(const struct writing *w)
{
	const struct node *map = node_get(w->service, "depends_on");

	for (size_t i = 0; map && map->kind == NODE_MAP && i < map->n; i++)
		set_need(w, map->v[i].key, map->v[i].value);
	/* Whose network it shares starts first. */
	if (compose_network_of(w->service) && !node_get(map, compose_network_of(w->service)))
		set_need(w, compose_network_of(w->service), node_get(w->service, "network_mode"));
}

static void set_duration(const struct writing *w, const struct node *map, const char *key,
			 enum schema_id id)
{
	const struct node *n = node_get(map, key);
	cleanup_free char *text = NULL;
	unsigned long ms;
	struct said_at at;

	if (!n || n->kind == NODE_NULL)
		return;
	at = compose_at(n);
	if (!n->text || !compose_duration(n->text, &ms)) {
		resolution_note(w->cs->resolution, &at, "'%s' of service '%s' is no duration", key,
				w->name);
		return;
	}
	text = ms % 1000 ? xasprintf("%lums", ms) : xasprintf("%lus", ms / 1000);
	if (ms || id == KEY_SERVICE_HEALTH_START_PERIOD)
		set(w, n, id, text, &n->names);
}

/* What /bin/sh runs; NULL: nothing. The caller frees it. */
static char *health_command(const struct writing *w, const struct node *test)
{
	const char *kind = test->kind == NODE_LIST && test->n ? test->v[0].value->text : NULL;
	struct node rest = *test;

	if (test->text)
		return xstrdup(test->text);
	if (!kind)
		return NULL;
	if (streq(kind, "NONE"))
		return xstrdup("none");
	if (streq(kind, "CMD-SHELL") && test->n > 1)
		return xstrdup(test->v[1].value->text);
	if (streq(kind, "CMD")) {
		rest.v++;
		rest.n--;
	}
	return compose_words(w->cs, "test", &rest);
}

static void set_health(const struct writing *w)
{
	const struct node *health = node_get(w->service, "healthcheck");
	const struct node *test = node_get(health, "test");
	const char *retries = node_text(health, "retries");
	bool off = compose_is_true(node_get(health, "disable"));
	cleanup_free char *command = off ? xstrdup("none") : test ? health_command(w, test) : NULL;

	if (command && *command)
		set(w, test ? test : health, KEY_SERVICE_HEALTH, command,
		    &(test ? test : health)->names);
	set_duration(w, health, "interval", KEY_SERVICE_HEALTH_INTERVAL);
	set_duration(w, health, "timeout", KEY_SERVICE_HEALTH_TIMEOUT);
	set_duration(w, health, "start_period", KEY_SERVICE_HEALTH_START_PERIOD);
	if (retries && !streq(retries, "0"))
		set(w, node_get(health, "retries"), KEY_SERVICE_HEALTH_RETRIES, retries, NULL);
}

/* One that is not started with the box has a profile, its own name if no other. */
static void set_profiles(const struct writing *w)
{
	const struct node *list = node_get(w->service, "profiles");

	if (strv_has(&w->cs->wanted, w->name))
		return;
	for (size_t i = 0; list && list->kind == NODE_LIST && i < list->n; i++)
		if (list->v[i].value->text)
			set(w, list->v[i].value, KEY_SERVICE_PROFILES, list->v[i].value->text,
			    NULL);
	if (!list || !list->n)
		set(w, w->service, KEY_SERVICE_PROFILES, w->name, NULL);
}

static void set_text(const struct writing *w, const char *key, enum schema_id id)
{
	const struct node *n = node_get(w->service, key);

	if (n && n->text && *n->text)
		set(w, n, id, n->text, &n->names);
}

static void set_user(const struct writing *w)
{
	const struct node *n = node_get(w->service, "user");
	const char *user = compose_user(w->cs, w->service);

	if (user)
		set(w, n, KEY_SERVICE_USER, user, &n->names);
}

void compose_set_service(struct composing *cs, const char *name, const struct node *service)
{
	cleanup_free char *section = xasprintf("service %s", name), *image = NULL;
	const struct writing w = {.cs = cs, .name = name, .section = section, .service = service};
	const struct node *build = node_get(service, "build");
	cleanup_strv struct strv names = {0};

	if (!value_name(name)) {
		compose_leave_out(cs, name, service, "its name cannot be one of a service");
		return;
	}
	image = compose_image(cs, name, service, NULL, &names);
	if (!image)
		return;
	strv_push(&cs->m->services, name);
	set(&w, build ? build : node_get(service, "image"), KEY_SERVICE_IMAGE, image, &names);
	set_words(&w, "command", KEY_SERVICE_COMMAND);
	set_words(&w, "entrypoint", KEY_SERVICE_ENTRYPOINT);
	set_environment(&w);
	set_volumes(&w);
	set_ports(&w);
	set_network(&w);
	compose_set_names(cs, name, section, service);
	set_needs(&w);
	set_health(&w);
	set_profiles(&w);
	set_user(&w);
	set_text(&w, "working_dir", KEY_SERVICE_WORKDIR);
	set_text(&w, "restart", KEY_SERVICE_RESTART);
	set_text(&w, "stop_signal", KEY_SERVICE_STOP_SIGNAL);
	set_duration(&w, service, "stop_grace_period", KEY_SERVICE_STOP_TIMEOUT);
	compose_note_keys(cs, name, service);
}
